import { UsageError } from './usage.ts';

/** An endpoint that is asked for its metrics. */
export interface Target {
  /** Without credentials, as it is printed. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The target that a word of the command line names: `http://` is added where no scheme is said, and `/metrics` where no path is.
 * `8000` and `:8000` are a port of localhost. A name and password in the URL become an Authorization header. Throws `UsageError`.
 */
export function readTarget(word: string, headers: readonly string[] = []): Target {
  // A number as a host would be an address: 8000 is 0.0.31.64.
  const local = word.replace(/^:?(?=\d+([/?#]|$))/, 'localhost:');
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(local) ? local : `http://${local}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.hostname === '') {
    // Not with what may be a password.
    throw new UsageError(
      `${word.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1')} is no URL of an endpoint: write http://host:port/metrics`,
    );
  }
  if (/^[^/]+:\/\/[^/?#]*([?#]|$)/.test(text)) url.pathname = '/metrics';
  const given = Object.fromEntries(headers.map(readHeader));
  if (url.username !== '' || url.password !== '') {
    const pair = `${decode(url.username)}:${decode(url.password)}`;
    given.authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
    url.username = '';
    url.password = '';
  }
  return { url: url.href, headers: given };
}

/** Where it is not percent-encoded, as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function readHeader(text: string): [name: string, value: string] {
  const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([\t\x20-\x7E\x80-\xFF]*)$/.exec(text) ?? [];
  // Not quoted back: it may hold a secret.
  if (name === undefined || value === undefined)
    throw new UsageError("a --header is not of the form 'Name: value', or has characters that HTTP does not");
  return [name.toLowerCase(), value];
}
