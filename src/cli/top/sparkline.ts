const bars = '▁▂▃▄▅▆▇█';

/** The last `width` values as bars from 0 to the largest; blanks before the first value. */
export function sparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width);
  const most = Math.max(...shown, 0);
  const line = shown.map((value) => bars[most === 0 ? 0 : Math.round((value / most) * (bars.length - 1))]!).join('');
  return line.padStart(width);
}
