import { monotonicSeconds } from '../core/clock.ts';

export interface RateLimitSettings {
  /** Seconds until there is room for another request. */
  readonly intervalSeconds: number;
  /** Most requests at once. */
  readonly burst: number;
}

/** Bounds the requests of all clients together: a bucket of tokens. */
export class RateLimit {
  readonly settings: RateLimitSettings;
  readonly #now: () => number;
  #tokens: number;
  #at: number;

  constructor(settings: RateLimitSettings, now: () => number = monotonicSeconds) {
    this.settings = settings;
    this.#now = now;
    this.#tokens = settings.burst;
    this.#at = now();
  }

  /** Takes room for one request. Returns 0, or if there is none the seconds until there is. */
  take(): number {
    const { intervalSeconds, burst } = this.settings;
    const now = this.#now();
    this.#tokens = Math.min(burst, this.#tokens + (now - this.#at) / intervalSeconds);
    this.#at = now;
    if (this.#tokens < 1) return (1 - this.#tokens) * intervalSeconds;
    this.#tokens -= 1;
    return 0;
  }
}
