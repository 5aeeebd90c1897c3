import { formatDigits, formatSeconds } from '../core/seconds.ts';

/** What a number is of: per second, seconds, bytes, bytes per second, a ratio of one, or just a number. */
export type Unit = '/s' | 's' | 'B' | 'B/s' | '%' | '';

/** A number as people read it: 12.3ms, 4.56kB, 7.8%; as in `grpc-vitals top`. No value is a dash. */
export function format(value: number | null | undefined, unit: Unit): string {
  if (value == null || !Number.isFinite(value)) return '–';
  if (unit === '%') return `${(value * 100).toFixed(1)}%`;
  if (unit === '/s') return `${formatRate(value)}/s`;
  if (unit === 's') return formatSeconds(value);
  const scaled = scale(value, unit === '' ? 10_000 : 999.5);
  if (unit !== '') return `${scaled[0]}${scaled[1]}${unit}`;
  if (value !== 0 && Math.abs(value) < 0.01) return value.toPrecision(3);
  return scaled.join('');
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
