import { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, type Gunzip } from 'node:zlib';
import type { Problem } from '../decode/problem.ts';
import { bothPrometheus } from '../decode/problem.ts';

/** Codings that can be undone. Prometheus asks for the first one, and undoes no other. */
const codings: Readonly<Record<string, () => Gunzip>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** Bytes of a body, decompressed. `fault` is what Prometheus makes of its coding. */
export interface Decoded {
  readonly body: AsyncIterable<Uint8Array>;
  readonly fault?: Problem;
}

/** Undoes the Content-Encoding of a body. Prometheus takes what it does not know for no coding at all. */
export function decodeBody(body: AsyncIterable<Uint8Array>, contentEncoding: string): Decoded {
  if (contentEncoding === 'gzip') return { body: decompress(body, createGunzip()) };
  const coding = contentEncoding.trim().toLowerCase();
  if (!Object.hasOwn(codings, coding)) return { body };
  return {
    body: decompress(body, codings[coding]!()),
    fault: {
      severity: 'error',
      rule: 'content_encoding',
      subject: 'Content-Encoding',
      problem: `the answer is compressed as ${JSON.stringify(contentEncoding)}, for which Prometheus does not ask`,
      remedy: 'compress as "gzip", or not at all',
      refusedBy: bothPrometheus,
    },
  };
}

async function* decompress(body: AsyncIterable<Uint8Array>, engine: Gunzip): AsyncGenerator<Uint8Array, void> {
  let received = 0;
  const counted = async function* () {
    for await (const piece of body) {
      received += piece.length;
      yield piece;
    }
  };
  const source = Readable.from(counted(), { objectMode: false });
  source.on('error', (error) => void engine.destroy(error));
  try {
    for await (const piece of source.pipe(engine)) yield piece as Uint8Array; // a stream of bytes
  } finally {
    source.destroy();
  }
  // Go takes padding for one more member, whose end is missing.
  if (received !== engine.bytesWritten || received === 0) {
    throw Object.assign(new Error(received === 0 ? 'no bytes' : 'more behind the end'), { code: 'Z_DATA_ERROR' });
  }
}
