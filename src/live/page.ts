import { createHash } from 'node:crypto';
import { brotliDecompressSync, gzipSync } from 'node:zlib';
import { type Coding, chooseCoding } from '../http/coding.ts';
import { headerParser } from '../http/header-parser.ts';
import { isReading } from '../http/methods.ts';
import { sendText } from '../http/plain-text.ts';
import type { HttpRequestHandler } from '../http/request-handler.ts';

interface Page {
  readonly policy: string;
  readonly tag: string;
  /** The same bytes in every coding. */
  readonly bodies: Readonly<Record<Coding, Buffer>>;
}

/**
 * Answers with the live page.
 *
 * `read` returns the page compressed with brotli. It is called for the first request, and again for the next one if it throws;
 * then the answer is 500. The page's policy allows the scripts and styles inside it, each by its hash, and connections
 * to its own origin; nothing else.
 */
export function pageHandler(read: () => Buffer, failed: (error: unknown) => void): HttpRequestHandler {
  let page: Page | undefined;
  const codingOf = headerParser(chooseSmallest);
  const tagsOf = headerParser(parseTags);
  return (request, response) => {
    if (!isReading(request, response)) return;
    try {
      page ??= prepare(read());
    } catch (error) {
      failed(error);
      return sendText(response, 500, error instanceof Error ? error.message : 'the page cannot be sent');
    }
    const coding = codingOf(request.headers['accept-encoding']);
    const body = page.bodies[coding];
    const tag = `"${page.tag}-${coding}"`;
    const isKnown = ['*', tag].some((known) => tagsOf(request.headers['if-none-match']).has(known));
    response.writeHead(isKnown ? 304 : 200, {
      'Cache-Control': 'no-cache',
      'Content-Security-Policy': page.policy,
      'Cross-Origin-Resource-Policy': 'same-origin',
      ETag: tag,
      'Referrer-Policy': 'no-referrer',
      Vary: 'Accept-Encoding',
      'X-Content-Type-Options': 'nosniff',
      ...(!isKnown && {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Length': body.length,
        ...(coding !== 'identity' && { 'Content-Encoding': coding }),
      }),
    });
    response.end(isKnown || request.method === 'HEAD' ? undefined : body);
  };
}

/** Brotli wherever it is accepted: it is the smallest. Browsers accept it from localhost and over TLS. */
function chooseSmallest(header: string): Coding {
  const withoutGzip = header.replace(/(^|,)\s*(?:x-)?gzip[^,]*/gi, '$1');
  return chooseCoding(withoutGzip) === 'br' ? 'br' : chooseCoding(header);
}

/** Takes some 3 ms once, so that each answer is ready. */
function prepare(br: Buffer): Page {
  const identity = brotliDecompressSync(br);
  return {
    policy: policyOf(identity.toString()),
    tag: sha256(identity).slice(0, 22),
    bodies: { br, gzip: gzipSync(identity), identity },
  };
}

/** Comments first, so that what is in one is not taken for an element; what is in an element is its text. */
const inline = /<!--[\s\S]*?-->|<(script|style)\b[^>]*>([\s\S]*?)<\/\1\s*>/gi;

/** The Content-Security-Policy of a page that has all it needs within itself. */
export function policyOf(html: string): string {
  const hashes = { script: new Set<string>(), style: new Set<string>() };
  for (const [, element, text] of html.matchAll(inline)) {
    if (element === undefined) continue;
    // As the HTML parser sees it, which hashes are made of: its line ends are all LF.
    const hash = sha256(text!.replace(/\r\n?/g, '\n'));
    hashes[element.toLowerCase() as keyof typeof hashes].add(`'sha256-${hash}'`);
  }
  const sources = (of: ReadonlySet<string>) => (of.size === 0 ? "'none'" : [...of].join(' '));
  return [
    "default-src 'none'",
    `script-src ${sources(hashes.script)}`,
    `style-src ${sources(hashes.style)}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    // The page never makes markup of text.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

/** The tags of If-None-Match, without the prefix of weak ones. */
function parseTags(header: string): ReadonlySet<string> {
  return new Set(header.split(',').map((tag) => tag.trim().replace(/^W\//, '')));
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('base64');
}
