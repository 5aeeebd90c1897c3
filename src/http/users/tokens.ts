import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Compares bearer tokens. The time of an answer says neither how much of a token was right nor which one it was. */
export class Tokens {
  readonly #key = randomBytes(32);
  readonly #digests: readonly Buffer[];

  constructor(tokens: readonly string[]) {
    this.#digests = tokens.map((token) => this.#digest(token));
  }

  get isEmpty(): boolean {
    return this.#digests.length === 0;
  }

  has(token: string): boolean {
    const digest = this.#digest(token);
    // Without `some`, which stops at the first one.
    return this.#digests.map((known) => timingSafeEqual(known, digest)).includes(true);
  }

  #digest(token: string): Buffer {
    return createHmac('sha256', this.#key).update(token).digest();
  }
}
