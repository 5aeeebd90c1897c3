import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { type Coding, chooseCoding } from '../http/coding.ts';
import { isReading } from '../http/methods.ts';
import { sendText } from '../http/plain-text.ts';
import type { RequestHandler } from '../http/request-handler.ts';

/** Where the build puts the page; the same seen from `src/serve/live` and from `dist/serve/live`. */
export const pageFile: URL = new URL('../../dist/page.html', import.meta.url);

interface Page {
  readonly html: Buffer;
  readonly policy: string;
  readonly tag: string;
  readonly compressed: Map<Coding, Promise<Buffer>>;
}

/**
 * Answers with the page: one file, read when it is first asked for and kept. Its policy allows the scripts and styles that
 * are in it, each by its hash, and connections to where it came from; nothing else. Where it cannot be read the answer is a 500.
 */
export function pageHandler(file: URL, failed: (error: unknown) => void): RequestHandler {
  let loading: Promise<Page> | undefined;
  const load = () => {
    loading ??= read(file).catch((error: unknown) => {
      loading = undefined; // It may be there the next time.
      throw error;
    });
    return loading;
  };
  const answer = async (...[request, response]: Parameters<RequestHandler>): Promise<void> => {
    const page = await load();
    const coding = codingOf(request.headers['accept-encoding']);
    const body = await compressed(page, coding);
    const tag = `"${page.tag}-${coding}"`;
    const isKnown = knows(request.headers['if-none-match'], tag);
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
  return (request, response) => {
    if (!isReading(request, response)) return;
    answer(request, response).catch((error: unknown) => {
      failed(error);
      if (response.headersSent) response.destroy();
      else sendText(response, 500, error instanceof Error ? error.message : 'the page cannot be sent');
    });
  };
}

/** Brotli wherever it is accepted, as it is the smallest and made once; browsers accept it from localhost and over TLS. */
function codingOf(header: IncomingHttpHeaders['accept-encoding']): Coding {
  const withoutGzip = (header ?? '').replace(/(^|,)\s*(?:x-)?gzip[^,]*/gi, '$1');
  return chooseCoding(withoutGzip) === 'br' ? 'br' : chooseCoding(header);
}

async function read(file: URL): Promise<Page> {
  let html: Buffer;
  try {
    html = await readFile(file);
  } catch (cause) {
    const remedy = 'build it with `npm run build`, or expose without it: { page: false }';
    throw new Error(`the page is not there, at ${fileURLToPath(file)}: ${remedy}. The metrics are at /metrics`, {
      cause,
    });
  }
  return { html, policy: policyOf(html.toString()), tag: sha256(html).slice(0, 22), compressed: new Map() };
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
  ].join('; ');
}

function compressed(page: Page, coding: Coding): Promise<Buffer> {
  const known = page.compressed.get(coding);
  if (known !== undefined) return known;
  const compression = compress(page.html, coding);
  page.compressed.set(coding, compression);
  return compression;
}

/** In zlib's threads, as small as can be: it is done once. */
function compress(html: Buffer, coding: Coding): Promise<Buffer> {
  if (coding === 'br') return promisify<Buffer, Buffer>(brotliCompress)(html);
  if (coding === 'gzip') return promisify<Buffer, Buffer>(gzip)(html);
  return Promise.resolve(html);
}

function knows(header: string | undefined, tag: string): boolean {
  return (header ?? '').split(',').some((one) => ['*', tag].includes(one.trim().replace(/^W\//, '')));
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('base64');
}
