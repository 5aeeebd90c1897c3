/**
 * A sample's value as Prometheus's own encoder writes it (Go's `strconv.FormatFloat(value, 'g', -1, 64)`): the fewest
 * digits that read back as the same number, with an exponent below 1e-4 and from 1e6 on.
 */
export function formatNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return Object.is(value, -0) ? '-0' : String(value);
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const [digits, exponent] = value.toExponential().split('e') as [string, string];
  const power = Number(exponent);
  if (power >= -4 && power < exponentFrom) return String(value);
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** Go writes shortest digits with an exponent from this power of ten on. */
const exponentFrom = 6;
