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

/** How long something takes or has taken, in its two largest units: `45 s`, `27 min`, `3 h 12 min`, `2 d 4 h`. */
export function formatAge(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return minutes < 10 ? `${minutes} min ${whole % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
