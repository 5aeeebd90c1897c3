import { formatDigits, formatSeconds } from '../core/seconds.ts';
import type { Quantile } from './window.ts';

/** What a number is of: per second, seconds, bytes, bytes per second, a ratio of one, or just a number. */
export type Unit = '/s' | 's' | 'B' | 'B/s' | '%' | '';

/** A number as people read it: 12.3 ms, 4.56 kB, 7.8%. No value is a dash. */
export function format(value: number | null | undefined, unit: Unit): string {
  if (value == null || !Number.isFinite(value)) return '–';
  if (unit === '%') return formatShare(value);
  if (unit === '/s') return `${formatRate(value)}/s`;
  if (unit === 's') return spaced(formatSeconds(value));
  const scaled = scale(value, unit === '' ? 10_000 : 999.5);
  if (unit !== '') return spaced(`${scaled[0]}${scaled[1]}${unit}`);
  if (value !== 0 && Math.abs(value) < 0.01) return value.toPrecision(3);
  return scaled.join('');
}

/** A quantile as far as its histogram knows it: `12.3 ms`, or `<5 ms` below the first bound. */
export function formatQuantile(quantile: Quantile | null, unit: Unit): string {
  if (quantile === null) return '–';
  const { value, side } = quantile;
  return side === '' ? format(value, unit) : side + formatTick(value, unit);
}

/** Never 0% for something, and never 100% for less than all. */
function formatShare(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.05) return '<0.1%';
  if (percent > 99.95 && percent < 100) return '>99.9%';
  return `${Number.isInteger(percent) && percent % 100 === 0 ? percent : percent.toFixed(1)}%`;
}

/** Per second, without the unit. */
export function formatRate(rate: number | null): string {
  if (rate === null) return '–';
  return rate < 100_000 ? rate.toFixed(rate < 10 ? 2 : rate < 1000 ? 1 : 0) : scale(rate, 0).join('');
}

/** As beside an axis: without zeros at the end. */
export function formatTick(value: number, unit: Unit): string {
  if (unit === '%') return `${Number((value * 100).toPrecision(2))}%`;
  return format(value, unit).replace(/\.0+(?!\d)|(\.\d*?[1-9])0+(?!\d)/, '$1');
}

/** From here on numbers are written as powers of ten. */
const largest = 999.5e12;

/** Time of day, from seconds since 1970. */
export function formatClock(t: number, withSeconds = true): string {
  return new Date(t * 1000).toTimeString().slice(0, withSeconds ? 8 : 5);
}

/** With a space before the unit. */
function spaced(text: string): string {
  return text.replace(/(?<=\d)(?=[a-zµA-Z/]+$)/, ' ');
}

/** In steps of a thousand, from `least` on. */
function scale(value: number, least: number): [number: string, prefix: string] {
  if (Math.abs(value) >= largest) return [value.toExponential(2), ''];
  let scaled = value;
  let step = 0;
  while (Math.abs(scaled) >= (step === 0 ? least : 999.5) && step < 4) {
    scaled /= 1000;
    step += 1;
  }
  return [Number.isInteger(scaled) ? String(scaled) : formatDigits(scaled), ['', 'k', 'M', 'G', 'T'][step]!];
}
