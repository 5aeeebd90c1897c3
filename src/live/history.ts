import { Base } from './base.ts';
import type { Frame } from './protocol.ts';
import { eventBytes, frameOf } from './sse.ts';

/** Every field has a default; the default is in the signature of the constructor. */
export interface HistoryOptions {
  /** Longest that a frame is remembered, in seconds. */
  readonly seconds?: number;
  /** Most frames that are remembered. */
  readonly maxFrames?: number;
  /** Most bytes of remembered frames, as they are sent; the newest one is remembered in any case. */
  readonly maxBytes?: number;
}

interface Remembered {
  readonly t: number;
  readonly bytes: Buffer;
}

/**
 * The last minutes: a base, and the differences since. Each difference is kept as it is sent; the oldest are folded into the
 * base when they are too many, too large or too old.
 */
export class History {
  readonly #limits: Required<HistoryOptions>;
  readonly #base: Base;
  #baseBytes: Buffer | undefined;
  readonly #frames: Remembered[] = [];
  #begin = 0;
  #size = 0;

  /** `t` is when it begins, with nothing. */
  constructor(t: number, { seconds = 600, maxFrames = 660, maxBytes = 4_194_304 }: HistoryOptions = {}) {
    this.#limits = { seconds, maxFrames, maxBytes };
    this.#base = new Base(t);
  }

  /** Number of the oldest frame that is remembered; every frame that was ever added has its number, from 0. */
  get begin(): number {
    return this.#begin;
  }

  /** Number that the next frame will have. */
  get end(): number {
    return this.#begin + this.#frames.length;
  }

  /** Bytes of the remembered frames. */
  get size(): number {
    return this.#size;
  }

  /** Everything before `begin`, as the event that tells it. */
  base(): Buffer {
    this.#baseBytes ??= eventBytes('frame', this.#base.frame());
    return this.#baseBytes;
  }

  /** The event that tells the frame of this number, from `begin` to `end`. */
  at(number: number): Buffer {
    return this.#frames[number - this.#begin]!.bytes;
  }

  add(frame: Frame): void {
    const bytes = eventBytes('frame', frame);
    this.#frames.push({ t: frame.t, bytes });
    this.#size += bytes.length;
    const { seconds, maxFrames, maxBytes } = this.#limits;
    const tooMany = () => this.#frames.length > maxFrames || this.#size > maxBytes;
    while (this.#frames.length > 1 && (tooMany() || frame.t - this.#frames[0]!.t > seconds)) this.#fold();
  }

  #fold(): void {
    const { bytes } = this.#frames.shift()!;
    this.#begin += 1;
    this.#size -= bytes.length;
    this.#base.fold(frameOf(bytes));
    this.#baseBytes = undefined;
  }
}
