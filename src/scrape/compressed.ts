import { addAbortSignal, finished, type Transform } from 'node:stream';
import { promisify } from 'node:util';
import { partSize } from '../encode/encoding.ts';
import { type Coding, compressor } from '../http/coding.ts';

/** A scrape rendered and compressed: plain data, which any number of answers can send. */
export interface Body {
  readonly chunks: readonly Uint8Array[];
  /** Of all chunks, in bytes. */
  readonly length: number;
  /** Bytes before compression. */
  readonly size: number;
}

type Part = string | Uint8Array;

/** The parts put together as bytes, compressed. Rejects, and leaves nothing open, when a part fails or `signal` aborts. */
export async function compressed(parts: AsyncIterable<Part>, coding: Coding, signal: AbortSignal): Promise<Body> {
  const stream = compressor(coding);
  const chunks: Uint8Array[] = [];
  const size = await (stream === undefined
    ? keep(parts, chunks, signal)
    : compress(parts, addAbortSignal(signal, stream), chunks));
  return { chunks, length: chunks.reduce((sum, chunk) => sum + chunk.length, 0), size };
}

async function keep(parts: AsyncIterable<Part>, into: Uint8Array[], signal: AbortSignal): Promise<number> {
  let size = 0;
  for await (const part of parts) {
    signal.throwIfAborted();
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    size += bytes.length;
    into.push(bytes);
  }
  return size;
}

/**
 * One part is being compressed while the next one is rendered. So two buffers do for all of the text, in turn: memory
 * that is new to the process costs several times what writing to it does (`bench/scrape.ts`).
 */
async function compress(parts: AsyncIterable<Part>, stream: Transform, into: Uint8Array[]): Promise<number> {
  stream.on('data', (chunk: Uint8Array) => into.push(chunk));
  const ended = handled(promisify(finished)(stream));
  const buffers = [new TextBuffer(), new TextBuffer()] as const;
  let size = 0;
  let turn: 0 | 1 = 0;
  let taken: Promise<void> = Promise.resolve();
  try {
    for await (const part of parts) {
      const bytes = typeof part === 'string' ? buffers[turn].hold(part) : part;
      turn = turn === 0 ? 1 : 0;
      size += bytes.length;
      await taken;
      taken = handled(write(stream, bytes));
    }
    await taken;
    stream.end();
    await ended;
    return size;
  } finally {
    stream.destroy();
  }
}

/** Resolves when the stream has no more need of the bytes. */
function write(stream: Transform, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

/** The promise, which is awaited later: it may reject before that. */
function handled(promise: Promise<void>): Promise<void> {
  promise.catch(() => {});
  return promise;
}

/** Room for one text at a time, as bytes. */
class TextBuffer {
  #bytes: Buffer = Buffer.allocUnsafeSlow(partSize * 4);

  /** Good until the next one. */
  hold(text: string): Uint8Array {
    // Three bytes for a UTF-16 unit are the most that UTF-8 takes.
    if (text.length * 3 > this.#bytes.length) this.#bytes = Buffer.allocUnsafeSlow(text.length * 3);
    return this.#bytes.subarray(0, this.#bytes.write(text, 0));
  }
}
