import { createHash, createHmac, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicSeconds } from '../../core/clock.ts';
import { Attempts } from './attempts.ts';
import type { Comparison } from './password-thread-program.ts';

/** Compares a password with a hash. */
export type Compare = (comparison: Comparison) => Promise<boolean>;

/** What came of a password: whether it is right, or for how many seconds nobody looks at another one. */
export type PasswordVerdict = 'right' | 'wrong' | { readonly reason: 'attempts' | 'busy'; readonly retryAfter: number };

/** Who asks. */
export interface Claim {
  readonly user: string;
  readonly password: string;
  readonly address: string | undefined;
  /** Whether nobody waits for the verdict any more. */
  readonly isOver: () => boolean;
}

/** Every field but `compare` has a default; the default is in the signature of the constructor. */
export interface PasswordsOptions {
  readonly compare: Compare;
  readonly attempts?: Attempts;
  /** Most comparisons that wait, besides the one under way. */
  readonly mostWaiting?: number;
  /** Most comparisons of one address, so that one client cannot take all places. */
  readonly mostOfAddress?: number;
  /** Monotonic clock, in seconds. */
  readonly now?: () => number;
  /** Resolves after so many seconds. */
  readonly pause?: (seconds: number) => Promise<unknown>;
}

interface Pending {
  readonly verdict: Promise<boolean>;
  /** Whether each who asked has left. */
  readonly askers: (() => boolean)[];
}

/**
 * Checks the passwords of users against bcrypt hashes.
 *
 * - One comparison runs at a time, and after a wrong one there is a pause of the same length: guessing takes at most half
 *   of a core, in a thread of its own.
 * - The last right password of each user is remembered, as a hash with a random salt. It costs no comparison and no attempt.
 * - A user who does not exist is compared with a hash that nothing matches, of the same cost as a real one.
 */
export class Passwords {
  readonly #options: Required<PasswordsOptions>;
  readonly #salt = randomBytes(32);
  #hashes: ReadonlyMap<string, string>;
  /** By user: a digest of the hash and the right password. */
  readonly #known = new Map<string, string>();
  readonly #pending = new Map<string, Pending>();
  readonly #byAddress = new Map<string | undefined, number>();
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    hashes: ReadonlyMap<string, string>,
    {
      compare,
      attempts = new Attempts(),
      mostWaiting = 8,
      mostOfAddress = 2,
      now = monotonicSeconds,
      pause = (seconds) => sleep(seconds * 1000, undefined, { ref: false }),
    }: PasswordsOptions,
  ) {
    this.#hashes = hashes;
    this.#options = { compare, attempts, mostWaiting, mostOfAddress, now, pause };
  }

  /** Whether there are users at all. */
  get isEmpty(): boolean {
    return this.#hashes.size === 0;
  }

  /** From now on these are the users. A right password stays known as long as its hash is the same. */
  replace(hashes: ReadonlyMap<string, string>): void {
    this.#hashes = hashes;
    for (const user of this.#known.keys()) if (!hashes.has(user)) this.#known.delete(user);
  }

  /** A verdict at once for a password that is known to be right. Rejects if the comparison fails. */
  check(claim: Claim): 'right' | Promise<PasswordVerdict> {
    const hash = this.#hashes.get(claim.user);
    const digest = this.#digest(claim, hash ?? '');
    if (hash !== undefined && this.#known.get(claim.user) === digest) return 'right';
    return this.#compareLater(claim, hash, digest);
  }

  async #compareLater(claim: Claim, hash: string | undefined, digest: string): Promise<PasswordVerdict> {
    const { attempts, mostWaiting, mostOfAddress } = this.#options;
    const { address, user } = claim;
    const wait = attempts.take(address);
    if (wait > 0) return { reason: 'attempts', retryAfter: wait };
    const ofAddress = this.#byAddress.get(address) ?? 0;
    let pending = this.#pending.get(digest);
    if (pending === undefined) {
      if (this.#waiting > mostWaiting || ofAddress >= mostOfAddress) {
        attempts.giveBack(address);
        return { reason: 'busy', retryAfter: 1 };
      }
      pending = this.#enqueue(claim, hash ?? this.#decoy(user), digest);
    } else pending.askers.push(claim.isOver);
    const isRight = await pending.verdict;
    if (!isRight || hash === undefined) return 'wrong';
    attempts.giveBack(address);
    if (this.#hashes.get(user) === hash) this.#known.set(user, digest);
    return 'right';
  }

  #enqueue({ password, address, isOver }: Claim, hash: string, digest: string): Pending {
    this.#waiting += 1;
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
    const askers = [isOver];
    const run = async (): Promise<{ isRight: boolean; seconds: number }> => {
      // Nobody waits for it any more.
      if (askers.every((hasLeft) => hasLeft())) return { isRight: false, seconds: 0 };
      const { compare, now } = this.#options;
      const start = now();
      return { isRight: await compare({ password, hash }), seconds: now() - start };
    };
    const compared = this.#last.then(run);
    this.#last = compared
      .then(({ isRight, seconds }) => (isRight || seconds === 0 ? undefined : this.#options.pause(seconds)))
      .catch(() => {}); // who asked is told
    const leave = () => {
      this.#waiting -= 1;
      this.#pending.delete(digest);
      const left = this.#byAddress.get(address)! - 1;
      if (left === 0) this.#byAddress.delete(address);
      else this.#byAddress.set(address, left);
    };
    const verdict = compared.then(({ isRight }) => isRight).finally(leave);
    const pending = { verdict, askers };
    this.#pending.set(digest, pending);
    return pending;
  }

  /** No password can be read from it, and two processes have different ones. */
  #digest({ user, password }: Claim, hash: string): string {
    return createHash('sha256')
      .update(this.#salt)
      .update(JSON.stringify([user, hash, password]))
      .digest('base64');
  }

  /**
   * A hash that no password matches, as nobody knows what its salt and its digest go with. Its cost is that of one of the
   * users, always the same one for a name: so the time of an answer does not say who exists.
   */
  #decoy(user: string): string {
    const digest = createHmac('sha256', this.#salt).update(user).digest();
    const costs = Array.from(this.#hashes.values(), (hash) => /\$(\d\d)\$/.exec(hash)?.[1] ?? '10');
    const cost = costs[digest.readUInt32BE(0) % Math.max(costs.length, 1)] ?? '10';
    return `$2b$${cost}$${digest.toString('hex').slice(0, 53)}`;
  }
}
