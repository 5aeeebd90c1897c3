import type { Transform } from 'node:stream';
import zlib from 'node:zlib';

/** How the bytes of an answer are compressed: its `Content-Encoding`. */
export type Coding = 'gzip' | 'br' | 'zstd' | 'identity';

/** What newer versions of Node have (22.15, 23.8); @types/node is that of the oldest version we run on. */
const { createZstdCompress } = zlib as { createZstdCompress?: (options: zlib.ZlibOptions) => Transform };

/** Compressed input and output are handed over to zlib's threads in pieces of this many bytes. */
const pieces: { chunkSize: number; highWaterMark: number } = { chunkSize: 65_536, highWaterMark: 131_072 };

/**
 * The coding for an Accept-Encoding header (RFC 9110, 12.5.3): gzip wherever it is accepted, as every scraper asks for it.
 * zstd and brotli only for a client that names them and wants gzip less; none for one that wants that most.
 */
export function chooseCoding(header: string | string[] | undefined, zstd: boolean = hasZstd): Coding {
  const weights = new Map<string, number>();
  for (const part of String(header ?? '').split(',')) {
    const [coding, ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    const number = weight === undefined ? 1 : Number(weight) || 0; // what is no number wants nothing
    if (coding !== undefined && coding !== '') weights.set(coding, Math.max(number, 0));
  }
  let best: Coding = 'gzip';
  let weight = weights.get('gzip') ?? weights.get('*') ?? 0;
  for (const coding of ['zstd', 'br', 'identity'] as const) {
    const wanted = coding === 'zstd' && !zstd ? 0 : (weights.get(coding) ?? 0);
    if (wanted > weight) [best, weight] = [coding, wanted];
  }
  return weight > 0 ? best : 'identity';
}

/** Whether this Node has zstd. */
export const hasZstd: boolean = createZstdCompress !== undefined;

/** A stream that compresses in zlib's threads, at the levels that cost least; `undefined` where there is nothing to do. */
export function compressor(coding: Coding): Transform | undefined {
  if (coding === 'gzip') return zlib.createGzip({ ...pieces, level: 1 });
  if (coding === 'zstd') return createZstdCompress?.({ ...pieces });
  if (coding === 'identity') return undefined;
  return zlib.createBrotliCompress({ ...pieces, params: { [zlib.constants.BROTLI_PARAM_QUALITY]: brotliQuality } });
}

/** Of 0 to 11. From 5 on brotli takes several times as long for a few percent. */
const brotliQuality = 4;
