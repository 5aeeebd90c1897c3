import { isIPv6 } from 'node:net';
import { monotonicSeconds } from '../../core/clock.ts';

/** Every field has a default; the default is in the signature of the constructor. */
export interface AttemptsOptions {
  /** Wrong attempts that an address has at once. A Prometheus with an old password never needs so many. */
  readonly burst?: number;
  /** Seconds until an address has another one. */
  readonly secondsPerAttempt?: number;
  /** Most addresses that are remembered. Beyond, the one that tried least recently is forgotten. */
  readonly mostAddresses?: number;
  /** Monotonic clock, in seconds. */
  readonly now?: () => number;
}

interface Account {
  left: number;
  at: number;
}

/** Bounds the wrong passwords and tokens of each address. */
export class Attempts {
  readonly #burst: number;
  readonly #secondsPerAttempt: number;
  readonly #mostAddresses: number;
  readonly #now: () => number;
  readonly #accounts = new Map<string, Account>();

  constructor({
    burst = 10,
    secondsPerAttempt = 6,
    mostAddresses = 1000,
    now = monotonicSeconds,
  }: AttemptsOptions = {}) {
    this.#burst = burst;
    this.#secondsPerAttempt = secondsPerAttempt;
    this.#mostAddresses = mostAddresses;
    this.#now = now;
  }

  /** Takes an attempt. Returns 0, or if there is none the seconds until there is one. */
  take(address: string | undefined): number {
    const key = network(address);
    const now = this.#now();
    const account = this.#accounts.get(key) ?? { left: this.#burst, at: now };
    account.left = Math.min(this.#burst, account.left + (now - account.at) / this.#secondsPerAttempt);
    account.at = now;
    this.#accounts.delete(key);
    this.#accounts.set(key, account);
    if (this.#accounts.size > this.#mostAddresses) this.#accounts.delete(this.#accounts.keys().next().value!);
    if (account.left < 1) return (1 - account.left) * this.#secondsPerAttempt;
    account.left -= 1;
    return 0;
  }

  /** Gives an attempt back that was right. */
  giveBack(address: string | undefined): void {
    const account = this.#accounts.get(network(address));
    if (account !== undefined) account.left += 1;
  }
}

/** An IPv4 address, or the network of an IPv6 address: a client has 2^64 addresses of one. */
function network(address = ''): string {
  const ipv4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (ipv4 !== undefined || !isIPv6(address)) return ipv4 ?? address;
  const [head = '', tail] = address.split('::');
  const groups = head.split(':');
  // Without `::` there are all eight groups.
  if (tail !== undefined) while (groups.length < 4) groups.push('0');
  return groups.slice(0, 4).join(':');
}
