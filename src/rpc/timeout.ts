/** Milliseconds in each unit of a timeout. Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
const units: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** The milliseconds of a `grpc-timeout` header, such as `300m`; undefined for every other value. */
export function parseTimeout(header: string | readonly string[] | undefined): number | undefined {
  if (typeof header !== 'string') return undefined;
  const [, amount, unit] = /^(\d{1,8})\s*([HMSmun])$/.exec(header) ?? [];
  return unit === undefined ? undefined : Number(amount) * units[unit]!;
}
