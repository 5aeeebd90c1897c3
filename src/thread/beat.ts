/** How often the main thread says that it is at work, in milliseconds. */
const beatEvery = 100;

/** From how long on a silent main thread is called blocked, in seconds. */
const blockedAfter = 1;

/** The memory in which the main thread says that it is at work. */
export type BeatMemory = SharedArrayBuffer;

/** Seconds of a clock that all threads share, and that nobody sets. */
function now(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds + nanoseconds / 1e9;
}

/** Says ten times a second that this thread is at work: a timer that writes one number. It does not keep the process alive. */
export class Beat {
  readonly memory: BeatMemory = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT);
  readonly #timer: NodeJS.Timeout;

  constructor() {
    const seconds = new Float64Array(this.memory);
    seconds[0] = now();
    this.#timer = setInterval(() => {
      seconds[0] = now();
    }, beatEvery).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

/** Seconds since the main thread was last at work. */
export function silenceOf(memory: BeatMemory): number {
  return Math.max(0, now() - new Float64Array(memory)[0]!);
}

/** The same where it is blocked; 0 where it only has a long turn. */
export function blockedSeconds(silence: number): number {
  return silence < blockedAfter ? 0 : silence;
}
