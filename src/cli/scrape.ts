import type { Problem } from '../decode/problem.ts';
import { decodeBody } from './body.ts';
import { describeFault } from './fault-text.ts';
import { Patience } from './patience.ts';
import type { Answer, Request } from './request.ts';
import type { Target } from './target.ts';

/** An endpoint's answer, of which the body arrives as it is read. */
export interface Scraped {
  /** The body, decompressed. Throws `UnreadableError` where it cannot be read to its end. */
  readonly body: AsyncIterable<Uint8Array>;
  /** '' when the answer has none. */
  readonly contentType: string;
  /** What is wrong with the coding of the body. */
  readonly fault: Problem | undefined;
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
export interface ScrapeOptions {
  /** How long the endpoint may be waited for, in all. */
  readonly timeoutSeconds?: number | undefined;
  /** Gives the scrape up. */
  readonly interrupted?: AbortSignal | undefined;
  /** The formats that are asked for, unless the target has a header of its own. */
  readonly accept?: string;
}

/** The text format 0.0.4, which is the shortest to read. */
const textAlone = 'text/plain;version=0.0.4';

/** What Prometheus 3.5 asks for, with names of UTF-8. */
export const likePrometheus: string =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,' +
  'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';

const mostRedirects = 10;
/** Of a body, decompressed: an endpoint that never ends must not keep the command for ever. */
const mostBytes = 500e6;

/** Asks an endpoint for its metrics, following redirects. Throws `UnreadableError`. */
export async function scrape(
  { url, headers }: Target,
  request: Request,
  { timeoutSeconds = 10, interrupted = new AbortController().signal, accept = textAlone }: ScrapeOptions = {},
): Promise<Scraped> {
  const patience = new Patience(timeoutSeconds);
  const signal = AbortSignal.any([patience.signal, interrupted]);
  const unreadable = (error: unknown) => {
    if (error instanceof UnreadableError) return error;
    const why = patience.signal.aborted
      ? `no answer within ${timeoutSeconds} s (is it overloaded? --timeout gives it longer)`
      : describeFault(error);
    return new UnreadableError(`${url}: ${why}`, { cause: error });
  };
  const asked = { accept, 'accept-encoding': 'gzip', 'x-prometheus-scrape-timeout-seconds': `${timeoutSeconds}` };
  try {
    const ask = (at: string, own: Target['headers']) => patience.wait(request(at, { ...asked, ...own }, signal));
    const answer = await follow(url, headers, ask);
    const contentType = headerOf(answer, 'content-type');
    const refusal = refusalOf(answer.status) ?? foreignType(contentType);
    if (refusal !== undefined) {
      answer.cancel();
      throw new UnreadableError(`${url}: ${refusal}`);
    }
    const { body, fault } = decodeBody(waitForEach(answer, patience), headerOf(answer, 'content-encoding'));
    const date = Date.parse(headerOf(answer, 'date')) / 1000;
    return {
      body: readAll(body, url, unreadable),
      contentType,
      fault,
      date: Number.isNaN(date) ? undefined : date,
      process: processHeaders.flatMap((name) => headerOf(answer, name) || []),
    };
  } catch (error) {
    throw unreadable(error);
  }
}

/** What this library and promhttp say of the process that answers. */
const processHeaders = ['process-instance', 'process-start-time-unix'] as const;

function headerOf({ headers }: Answer, name: string): string {
  const value = headers[name] ?? '';
  return typeof value === 'string' ? value : value.join(', ');
}

/** Follows redirects. Any header may be a secret: they are for the origin that was named, and no other is given them. */
async function follow(
  url: string,
  headers: Target['headers'],
  ask: (url: string, headers: Target['headers']) => Promise<Answer>,
): Promise<Answer> {
  let at = url;
  let given = headers;
  for (let hops = 0; hops <= mostRedirects; hops += 1) {
    const answer = await ask(at, given);
    const location = headerOf(answer, 'location');
    if (![301, 302, 303, 307, 308].includes(answer.status) || location === '') return answer;
    answer.cancel();
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

/** Prometheus reads protobuf. This command does not, and does not ask for it. */
function foreignType(contentType: string): string | undefined {
  const [type = ''] = contentType.toLowerCase().split(';', 1);
  if (!type.includes('protobuf')) return undefined;
  const remedy = 'this command reads the text formats, and the endpoint gave none though it was asked to';
  return `answers with ${type.trim()}, not with Prometheus's text format or OpenMetrics (${remedy})`;
}

async function* waitForEach({ body, cancel }: Answer, patience: Patience): AsyncGenerator<Uint8Array, void> {
  const pieces = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await patience.wait(pieces.next());
      if (done) return;
      yield value;
    }
  } finally {
    cancel();
  }
}

async function* readAll(
  body: AsyncIterable<Uint8Array>,
  url: string,
  unreadable: (error: unknown) => UnreadableError,
): AsyncGenerator<Uint8Array, void> {
  /** The first pieces, until there are enough bytes to see what it is. */
  let first: Uint8Array | undefined = new Uint8Array();
  let size = 0;
  try {
    for await (const piece of body) {
      size += piece.length;
      if (size > mostBytes) throw new UnreadableError(`${url}: its answer is longer than ${mostBytes / 1e6} MB`);
      if (first === undefined) yield piece;
      else {
        first = Buffer.concat([first, piece]);
        if (first.length < 512) continue;
        yield ownFormat(first, url);
        first = undefined;
      }
    }
    if (first !== undefined) yield ownFormat(first, url);
  } catch (error) {
    throw unreadable(error);
  }
}

/** The same bytes, unless they are the beginning of something else. */
function ownFormat(bytes: Uint8Array, url: string): Uint8Array {
  const foreign = foreignBody(bytes);
  if (foreign !== undefined) throw new UnreadableError(`${url}: ${foreign}`);
  return bytes;
}

function foreignBody(body: Uint8Array): string | undefined {
  const start = Buffer.from(body.subarray(0, 512));
  // HTML, XML or JSON that says it is something else. In JSON a quote may follow the brace: so it may in Prometheus 3's names.
  if (/^\s*(<|\[|\{\s*("[^"]*"\s*:|\}))/.test(start.toString())) {
    return 'answers with a document, not with metrics (is this their URL? It is often /metrics)';
  }
  const magic = start.subarray(0, 4).toString('hex');
  if (magic !== '28b52ffd' && !magic.startsWith('1f8b')) return undefined;
  return 'its answer is compressed in a way that it was not asked for, or does not say (is a proxy changing it?)';
}
