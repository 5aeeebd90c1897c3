import type { Transform } from 'node:stream';
import zlib from 'node:zlib';

/** How the bytes of an answer are compressed: its `Content-Encoding`. */
export type Coding = 'gzip' | 'br' | 'identity';

/** Sizes of the pieces that go to zlib's threads and come back, in bytes. */
const pieces: { chunkSize: number; highWaterMark: number } = { chunkSize: 65_536, highWaterMark: 131_072 };

/**
 * Chooses the coding for an Accept-Encoding header (RFC 9110, 12.5.3).
 *
 * Every scraper asks for gzip, so gzip wins wherever the client accepts it. Brotli and `identity` win
 * only if the client names them with a higher weight.
 */
export function chooseCoding(header: string | string[] | undefined): Coding {
  const weights = new Map<string, number>();
  for (const part of String(header ?? '').split(',')) {
    const [coding, ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    const number = weight === undefined ? 1 : Number(weight) || 0; // not a number: not acceptable
    if (coding !== undefined && coding !== '') weights.set(coding, Math.max(number, 0));
  }
  let best: Coding = 'gzip';
  let weight = weights.get('gzip') ?? weights.get('*') ?? 0;
  for (const coding of ['br', 'identity'] as const) {
    const wanted = weights.get(coding) ?? 0;
    if (wanted > weight) [best, weight] = [coding, wanted];
  }
  return weight > 0 ? best : 'identity';
}

/** A stream that compresses in zlib's threads, at the cheapest useful level; `undefined` for `identity`. */
export function compressor(coding: Coding): Transform | undefined {
  if (coding === 'gzip') return zlib.createGzip({ ...pieces, level: 1 });
  if (coding === 'identity') return undefined;
  return zlib.createBrotliCompress({ ...pieces, params: { [zlib.constants.BROTLI_PARAM_QUALITY]: brotliQuality } });
}

/** From 0 to 11. From 5 on, brotli takes several times as long to save a few percent. */
const brotliQuality = 4;
