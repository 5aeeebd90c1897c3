/** Formats a duration with three digits, in the unit that people read it in: `12.5µs`, `5.25ms`, `12.3s`. */
export function formatSeconds(seconds: number): string {
  const size = Math.abs(seconds);
  if (size === 0) return '0';
  if (size < 0.000_999_5) return `${formatDigits(seconds * 1e6)}µs`;
  if (size < 0.999_5) return `${formatDigits(seconds * 1000)}ms`;
  return `${size < 1e10 ? formatDigits(seconds) : seconds.toExponential(2)}s`;
}

/** Formats a number with three digits below 100, and as a whole number from there on. */
export function formatDigits(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}
