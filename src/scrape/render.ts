import { setImmediate } from 'node:timers/promises';
import { monotonicSeconds } from '../core/clock.ts';
import type { LiveFamily } from '../core/snapshot.ts';
import type { Encoding } from '../encode/encoding.ts';

/** Every field has a default; the default is in the signature of `render`. */
export interface RenderOptions {
  /** Longest run without giving the event loop a turn, in milliseconds; a part that has begun is finished. */
  readonly sliceMs?: number;
  /** Resolves when the event loop has had a turn. */
  readonly turn?: () => Promise<void>;
  /** Monotonic clock, in seconds. */
  readonly now?: () => number;
}

/** Bytes in a buffer of their own, as `new Response` takes them. TypeScript before 5.7 has no name for the type. */
export type Bytes = ReturnType<Uint8ArrayConstructor['of']>;

/**
 * What an encoding makes of the families, part by part: text or bytes, as the encoding is.
 *
 * Gives the event loop a turn whenever `sliceMs` have gone by since it had its last one, whatever of that time the
 * reader of the parts took.
 */
export async function* render(
  families: Iterable<LiveFamily>,
  encoding: Pick<Encoding, 'encode'>,
  { sliceMs = 2, turn = setImmediate, now = monotonicSeconds }: RenderOptions = {},
): AsyncGenerator<string | Uint8Array, void, undefined> {
  let start = now();
  for (const part of encoding.encode(families)) {
    yield part;
    if ((now() - start) * 1000 < sliceMs) continue;
    await turn();
    start = now();
  }
}

/** The whole of it: text where the encoding writes text, else bytes. */
export async function renderWhole(
  families: Iterable<LiveFamily>,
  encoding: Encoding,
  options?: RenderOptions,
): Promise<string | Bytes> {
  let text = '';
  const bytes: Uint8Array[] = [];
  for await (const part of render(families, encoding, options)) {
    if (typeof part === 'string') text += part;
    else bytes.push(part);
  }
  return bytes.length === 0 ? text : Buffer.concat(bytes);
}
