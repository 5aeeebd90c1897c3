/** Nanoseconds of each unit of Go's durations. */
const units: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  '\u00b5s': 1e3,
  '\u03bcs': 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

const part = /(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/y;

/** Reads a duration of Go, such as `1s`, `500ms` or `1h30m`. Returns seconds; undefined for another text. */
export function parseDuration(text: string): number | undefined {
  const [, sign = '', rest = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (rest === '0') return 0;
  let nanoseconds = 0;
  let at = 0;
  while (at < rest.length) {
    part.lastIndex = at;
    const [all, number, unit] = part.exec(rest) ?? [];
    if (all === undefined) return undefined;
    nanoseconds += Number(number) * units[unit!]!;
    at += all.length;
  }
  if (at === 0) return undefined;
  return ((sign === '-' ? -1 : 1) * nanoseconds) / 1e9;
}
