import { UsageError } from './usage.ts';

/** An endpoint that is asked for its metrics. */
export interface Target {
  /** Without credentials, as it is printed. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The target that a word of the command line names: `http://` is added where no scheme is said, and `/metrics` where no path is.
 * A name and password in the URL become an Authorization header. Throws `UsageError`.
 */
export function readTarget(word: string, headers: readonly string[] = []): Target {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(word) ? word : `http://${word}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.hostname === '') {
    throw new UsageError(`${word} is no URL of an endpoint: write http://host:port/metrics`);
  }
  if (/^[^/]+:\/\/[^/?#]*$/.test(text)) url.pathname = '/metrics';
  const given = Object.fromEntries(headers.map(readHeader));
  if (url.username !== '') {
    const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    given.authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
    url.username = '';
    url.password = '';
  }
  return { url: url.href, headers: given };
}

function readHeader(text: string): [name: string, value: string] {
  const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*)$/.exec(text) ?? [];
  // Not quoted back: it may hold a secret.
  if (name === undefined || value === undefined) throw new UsageError("a --header is not of the form 'Name: value'");
  return [name.toLowerCase(), value];
}
