import { setImmediate } from 'node:timers/promises';
import type { MetricFamily } from '../core/snapshot.ts';
import type { Encoding } from '../encode/encoding.ts';

/** Every field has a default; the default is in the signature of `render`. */
export interface RenderOptions {
  /** Longest run without giving the event loop a turn, in milliseconds; a chunk that has begun is finished. */
  readonly sliceMs?: number;
  /** Monotonic clock, in seconds. */
  readonly now?: () => number;
}

/** A chunk is given when it has this many characters or bytes: small beside a slice, large beside what a write costs. */
const chunkSize = 16_384;

/** The clock is read after this many parts, at the latest: reading it for each would cost as much as writing a counter. */
const partsPerLook = 16;

/**
 * A snapshot in chunks of 16 kB and a little: text or bytes, as the encoding is.
 *
 * Gives the event loop a turn first, as the caller has just collected, and then whenever `sliceMs` have gone by since
 * it had its last one, whatever of that time the reader of the chunks took.
 */
export async function* render(
  families: readonly MetricFamily[],
  encoding: Encoding,
  { sliceMs = 2, now = monotonicSeconds }: RenderOptions = {},
): AsyncGenerator<string | Uint8Array, void, undefined> {
  await setImmediate();
  let turn = now();
  let chunk = new Chunk();
  let parts = 0;
  for (const part of encoding.encode(families)) {
    chunk.add(part);
    parts += 1;
    const full = chunk.size >= chunkSize;
    if (full) {
      yield chunk.whole();
      chunk = new Chunk();
    }
    // Parts may be empty for long, so that chunks alone would not do.
    if (!full && parts % partsPerLook !== 0) continue;
    if ((now() - turn) * 1000 < sliceMs) continue;
    await setImmediate();
    turn = now();
  }
  if (chunk.size > 0) yield chunk.whole();
}

/** The whole of it: text where the encoding writes text, else bytes. */
export async function renderWhole(
  families: readonly MetricFamily[],
  encoding: Encoding,
  options?: RenderOptions,
): Promise<string | Uint8Array> {
  const whole = new Chunk();
  for await (const chunk of render(families, encoding, options)) whole.add(chunk);
  return whole.whole();
}

export function monotonicSeconds(): number {
  return performance.now() / 1000;
}

/** Parts put together. An encoding gives only text or only bytes. */
class Chunk {
  /** In characters or bytes. */
  size = 0;
  #text = '';
  readonly #bytes: Uint8Array[] = [];

  add(part: string | Uint8Array): void {
    this.size += part.length;
    if (typeof part === 'string') this.#text += part;
    else this.#bytes.push(part);
  }

  whole(): string | Uint8Array {
    const [first, ...more] = this.#bytes;
    if (first === undefined) return this.#text;
    return more.length === 0 ? first : Buffer.concat(this.#bytes);
  }
}
