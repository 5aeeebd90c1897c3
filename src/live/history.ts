import type { Frame } from './protocol.ts';
import { ReaderState } from './reader-state.ts';
import { eventBytes, frameOf } from './sse.ts';

/** Every field has a default; the default is in the signature of the constructor. */
export interface HistoryOptions {
  /** Longest time that it keeps a frame, in seconds. */
  readonly seconds?: number;
  /** Most frames that it keeps. */
  readonly maxFrames?: number;
  /** Most bytes of all frames that it keeps. It always keeps the newest one. */
  readonly maxBytes?: number;
}

interface Remembered {
  readonly t: number;
  readonly bytes: Buffer;
}

/**
 * The last minutes of a stream: the state at their beginning, and the frames since.
 *
 * It keeps each frame as the bytes that it sends. If the frames are too many, too large or too old, it folds the oldest ones
 * into the state.
 */
export class History {
  readonly #limits: Required<HistoryOptions>;
  readonly #base: ReaderState;
  #baseBytes: Buffer | undefined;
  readonly #frames: Remembered[] = [];
  #begin = 0;
  #size = 0;

  /** `t` is the time at which it begins, with nothing. */
  constructor(t: number, { seconds = 600, maxFrames = 660, maxBytes = 4_194_304 }: HistoryOptions = {}) {
    this.#limits = { seconds, maxFrames, maxBytes };
    this.#base = new ReaderState(t);
  }

  /** Number of the oldest frame that it keeps. The first frame ever added has the number 0. */
  get begin(): number {
    return this.#begin;
  }

  /** Number of the next frame. */
  get end(): number {
    return this.#begin + this.#frames.length;
  }

  /** Bytes of all frames that it keeps. */
  get size(): number {
    return this.#size;
  }

  /** The event with everything before `begin`. */
  base(): Buffer {
    this.#baseBytes ??= eventBytes('frame', this.#base.frame());
    return this.#baseBytes;
  }

  /** The event of a frame, by its number from `begin` to `end`. */
  at(number: number): Buffer {
    return this.#frames[number - this.#begin]!.bytes;
  }

  /** Begins with what a first frame says, in place of nothing. */
  beginWith(frame: Frame): void {
    this.#base.read(frame);
    this.#baseBytes = undefined;
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
    this.#base.read(frameOf(bytes));
    this.#baseBytes = undefined;
  }
}
