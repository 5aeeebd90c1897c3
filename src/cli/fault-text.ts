/** By the code of Node.js, of a socket's error or of one in TLS or decompression; by its name where it has none. */
const faults: readonly (readonly [code: RegExp, text: string])[] = [
  [/^ECONNREFUSED$/, 'nobody listens there (is the service running, and on this port?)'],
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'there is no such host (is the name right?)'],
  [/^(EHOSTUNREACH|ENETUNREACH)$/, 'there is no way to that host (is the network up?)'],
  [/^(ECONNRESET|EPIPE)$/, 'the connection was cut (is it HTTP, or does it want https://?)'],
  [/TIMEOUT$|^ETIMEDOUT$/, 'it does not answer (is a firewall between?)'],
  [/CERT|SELF_SIGNED|UNABLE_TO/, "its certificate is not trusted (put its CA's file in NODE_EXTRA_CA_CERTS)"],
  [/SSL|TLS|EPROTO/, 'it does not speak TLS as it should (is it http://?)'],
  [/^HPE_/, 'it does not speak HTTP/1.1 (is this the port of the metrics, or of gRPC?)'],
  [/^Z_|ZLIB|BROTLI/, 'its answer is not compressed as it says (is a proxy changing it?)'],
];

/** What went wrong with a request, and what to do about it. Several addresses of a host are in one AggregateError. */
export function describeFault(error: unknown): string {
  let at: unknown = error;
  for (let depth = 0; depth < 4 && at instanceof Error; depth += 1) {
    const { name, message, cause, code = name } = at as Error & { code?: unknown }; // what Node.js adds to some
    const text = typeof code === 'string' ? faults.find(([pattern]) => pattern.test(code))?.[1] : undefined;
    if (text !== undefined) return text.replace(' (', `: ${String(code)} (`);
    at = cause ?? (at instanceof AggregateError ? at.errors[0] : undefined);
    if (at === undefined) return `${message} (is the service well?)`;
  }
  return String(error);
}
