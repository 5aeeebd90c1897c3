import type { Target } from './target.ts';

/** An endpoint's answer. */
export interface Scraped {
  /** The body, decompressed. */
  readonly body: Uint8Array;
  /** '' when the answer has none. */
  readonly contentType: string;
  /** By the endpoint's own clock, in seconds since 1970; undefined when it does not say. */
  readonly date: number | undefined;
  /** The headers `Process-Instance` and `Process-Start-Time-Unix`, as far as the answer has them. */
  readonly process: readonly string[];
}

/** An endpoint could not be read. The message names the URL and the remedy. Exit code 2. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
}

/** Every field has a default; the default is in the signature of `scrape`. */
export interface FetchOptions {
  readonly timeoutSeconds?: number | undefined;
  /** Gives the scrape up. */
  readonly interrupted?: AbortSignal | undefined;
}

/** Of an answer, decompressed: ten times what the largest endpoints have. */
const mostBytes = 100e6;
const mostRedirects = 10;

/** Asks an endpoint for its metrics in the text format 0.0.4, following redirects; it may answer in OpenMetrics. Throws `UnreadableError`. */
export async function scrape(
  { url, headers }: Target,
  fetch: typeof globalThis.fetch,
  { timeoutSeconds = 10, interrupted = new AbortController().signal }: FetchOptions = {},
): Promise<Scraped> {
  const late = AbortSignal.timeout(Math.ceil(timeoutSeconds * 1000));
  const signal = AbortSignal.any([late, interrupted]);
  try {
    const response = await follow(url, headers, (at, given) =>
      fetch(at, { headers: { accept: 'text/plain;version=0.0.4', ...given }, redirect: 'manual', signal }),
    );
    const contentType = response.headers.get('content-type') ?? '';
    const refusal = refusalOf(response.status) ?? foreignType(contentType);
    if (refusal !== undefined) {
      await response.body?.cancel();
      throw new UnreadableError(`${url}: ${refusal}`);
    }
    const body = await readBody(response);
    const foreign = foreignBody(body);
    if (foreign !== undefined) throw new UnreadableError(`${url}: ${foreign}`);
    const date = Date.parse(response.headers.get('date') ?? '') / 1000;
    const process = processHeaders.flatMap((name) => response.headers.get(name) ?? []);
    return { body, contentType, date: Number.isNaN(date) ? undefined : date, process };
  } catch (error) {
    if (error instanceof UnreadableError) throw error;
    const why = late.aborted
      ? `no answer within ${timeoutSeconds} s (is it overloaded? --timeout gives it longer)`
      : describe(error);
    throw new UnreadableError(`${url}: ${why}`, { cause: error });
  }
}

/** What this library and promhttp say of the process that answers. */
const processHeaders = ['process-instance', 'process-start-time-unix'] as const;

/** Follows redirects. Any header may be a secret: they are for the origin that was named, and no other is given them. */
async function follow(
  url: string,
  headers: Target['headers'],
  ask: (url: string, headers: Target['headers']) => Promise<Response>,
): Promise<Response> {
  let at = url;
  let given = headers;
  for (let hops = 0; hops <= mostRedirects; hops += 1) {
    const response = await ask(at, given);
    const location = response.headers.get('location');
    if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return response;
    await response.body?.cancel();
    const next = URL.canParse(location, at) ? new URL(location, at) : undefined;
    if (next === undefined || !['http:', 'https:'].includes(next.protocol)) {
      throw new UnreadableError(`${url}: it redirects to what is no URL of HTTP (is this the URL of its metrics?)`);
    }
    if (next.origin !== new URL(at).origin) given = {};
    at = next.href;
  }
  throw new UnreadableError(`${url}: it redirects in a circle (is this the URL of its metrics?)`);
}

function refusalOf(status: number): string | undefined {
  if (status === 200) return undefined;
  const remedies: Readonly<Record<number, string>> = {
    401: "it wants credentials: put them in the URL, or give --header 'Authorization: ...'",
    403: 'these credentials, if any, are not enough',
    404: 'is this the path of its metrics? It is often /metrics',
    503: 'it is overloaded or not ready: try again',
  };
  const fallback = status >= 500 ? 'see the log of the service' : 'is this the URL of its metrics?';
  return `answers HTTP ${status}, not 200 (${remedies[status] ?? fallback})`;
}

function foreignType(contentType: string): string | undefined {
  const [type = ''] = contentType.toLowerCase().split(';', 1);
  if (['', 'text/plain', 'application/openmetrics-text'].includes(type.trim())) return undefined;
  const remedy = type.includes('protobuf')
    ? 'this command reads the text formats, and the endpoint gave none though it was asked to'
    : 'is this the URL of its metrics? It is often /metrics';
  return `answers with ${type.trim()}, not with Prometheus's text format or OpenMetrics (${remedy})`;
}

/** An endpoint that never ends must not fill the memory. Throws `UnreadableError`'s reason as an `Error`. */
async function readBody({ body }: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > mostBytes) throw new Error(`its answer is longer than ${mostBytes / 1e6} MB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function foreignBody(body: Uint8Array): string | undefined {
  if (isDocument(body)) return 'answers with a document, not with metrics (is this their URL? It is often /metrics)';
  const magic = Buffer.from(body.subarray(0, 4)).toString('hex');
  if (magic !== '28b52ffd' && !magic.startsWith('1f8b')) return undefined;
  return 'its answer is compressed in a way that it was not asked for, or does not say (is a proxy changing it?)';
}

/** HTML, XML or JSON that says it is plain text. In JSON a quote may follow the brace: so it may in Prometheus 3's names. */
function isDocument(body: Uint8Array): boolean {
  return /^\s*(<|\[|\{\s*("[^"]*"\s*:|\}))/.test(Buffer.from(body.subarray(0, 512)).toString());
}

/** By the code of Node.js, of a socket's error or of one in TLS or decompression; by its name where it has none. */
const faults: readonly (readonly [code: RegExp, text: string])[] = [
  [/^ECONNREFUSED$/, 'nobody listens there (is the service running, and on this port?)'],
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'there is no such host (is the name right?)'],
  [/^(EHOSTUNREACH|ENETUNREACH)$/, 'there is no way to that host (is the network up?)'],
  [
    /^(ECONNRESET|EPIPE|UND_ERR_SOCKET|UND_ERR_RES_CONTENT_LENGTH_MISMATCH)$/,
    'the connection was cut (is it HTTP, or does it want https://?)',
  ],
  [/TIMEOUT$|^ETIMEDOUT$/, 'it does not answer (is a firewall between?)'],
  [/CERT|SELF_SIGNED|UNABLE_TO/, "its certificate is not trusted (put its CA's file in NODE_EXTRA_CA_CERTS)"],
  [/SSL|TLS|EPROTO/, 'it does not speak TLS as it should (is it http://?)'],
  [/^HPE_|^HTTPParserError$/, 'it does not speak HTTP/1.1 (is this the port of the metrics, or of gRPC?)'],
  [/^Z_|ZLIB|BROTLI/, 'its answer is not compressed as it says (is a proxy changing it?)'],
];

/** `fetch` wraps what went wrong, sometimes twice, and several addresses of a host in one AggregateError. */
function describe(error: unknown): string {
  let at: unknown = error;
  for (let depth = 0; depth < 4 && at instanceof Error; depth += 1) {
    const { name, message, cause, code = name } = at as Error & { code?: unknown }; // what Node.js adds to some
    const text = typeof code === 'string' ? faults.find(([pattern]) => pattern.test(code))?.[1] : undefined;
    if (text !== undefined) return text.replace(' (', `: ${String(code)} (`);
    if (message === 'bad port') return 'HTTP is not spoken on this port (is it the right one?)';
    at = cause ?? (at instanceof AggregateError ? at.errors[0] : undefined);
    if (at === undefined) return `${message} (is the service well?)`;
  }
  return String(error);
}
