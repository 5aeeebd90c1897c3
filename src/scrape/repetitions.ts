import type { Repeated } from '../encode/encoding.ts';
import type { Format } from './format.ts';

/** For how many kinds of scrapes the text of the last one is kept: two, as Prometheus asks for one, and a person for another. */
const mostKept = 2;

/** Keeps what writes the next scrape of the same format and vocabularies. Scrapes of some families only are written without it. */
export class Repetitions {
  /** By what is asked for, the last one last. Who is at work is not in it. */
  readonly #idle = new Map<string, Repeated>();

  /** Undefined for scrapes that are written without it. Give it back when a scrape is written. */
  take(format: Format): Repeated | undefined {
    const { encoding, names, by } = format;
    if (names.length > 0 || by.length > 0) return undefined;
    const key = keyOf(format);
    const known = this.#idle.get(key);
    this.#idle.delete(key);
    return known ?? encoding.repeated?.();
  }

  giveBack(format: Format, repeated: Repeated): void {
    const key = keyOf(format);
    this.#idle.delete(key);
    this.#idle.set(key, repeated);
    for (const oldest of this.#idle.keys()) if (this.#idle.size > mostKept) this.#idle.delete(oldest);
  }
}

function keyOf({ encoding, naming }: Format): string {
  return JSON.stringify([encoding.contentType, naming]);
}
