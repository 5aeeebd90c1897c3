/**
 * A sample's value as Prometheus's own encoder writes it (Go's `strconv.FormatFloat(value, 'g', -1, 64)`): the fewest
 * digits that read back as the same number, with an exponent below 1e-4 and from 1e6 on.
 */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e6) return String(value);
  // Slow path: what JavaScript and Go do not write the same way.
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  if (Number.isNaN(value)) return 'NaN';
  if (size === Infinity) return value > 0 ? '+Inf' : '-Inf';
  const [digits, exponent] = value.toExponential().split('e') as [string, string];
  const power = Number(exponent);
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}
