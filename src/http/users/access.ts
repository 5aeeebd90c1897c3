import type { IncomingMessage, ServerResponse } from 'node:http';
import { Attempts } from './attempts.ts';
import { readCredentials } from './authorization.ts';
import { type Compare, Passwords, type PasswordVerdict } from './passwords.ts';
import { Tokens } from './tokens.ts';

/** Why a request is refused, for metrics. */
export type RefusalReason = 'credentials' | 'attempts' | 'busy' | 'rate';

/** The answer to a request that is refused. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The users and tokens of an endpoint: decides whether a request may be answered. */
export class Access {
  readonly #attempts = new Attempts();
  readonly #tokens: Tokens;
  readonly #passwords: Passwords;

  constructor(users: ReadonlyMap<string, string>, tokens: readonly string[], compare: Compare) {
    this.#tokens = new Tokens(tokens);
    this.#passwords = new Passwords(users, { compare, attempts: this.#attempts });
  }

  /** From now on these are the users. */
  replaceUsers(users: ReadonlyMap<string, string>): void {
    this.#passwords.replace(users);
  }

  /** Undefined for a request that may be answered. Rejects if the password cannot be compared. */
  check(request: IncomingMessage, response: ServerResponse): undefined | Refusal | Promise<Refusal | undefined> {
    if (this.#tokens.isEmpty && this.#passwords.isEmpty) return undefined;
    const credentials = readCredentials(request.headers.authorization);
    if (credentials === undefined) return this.#unauthorized();
    const address = request.socket.remoteAddress;
    if (credentials.scheme === 'bearer') {
      if (this.#tokens.has(credentials.token)) return undefined;
      const wait = this.#attempts.take(address);
      return wait > 0 ? tooMany(wait) : this.#unauthorized();
    }
    if (this.#passwords.isEmpty) return this.#unauthorized();
    const { user, password } = credentials;
    const verdict = this.#passwords.check({ user, password, address, isOver: () => response.destroyed });
    return verdict === 'right' ? undefined : verdict.then((one) => this.#refusal(one));
  }

  #refusal(verdict: PasswordVerdict): Refusal | undefined {
    if (verdict === 'right') return undefined;
    if (verdict === 'wrong') return this.#unauthorized();
    if (verdict.reason === 'attempts') return tooMany(verdict.retryAfter);
    const text = 'other passwords are being checked: try again later';
    return { reason: 'busy', status: 503, text, headers: retryAfter(verdict.retryAfter) };
  }

  #unauthorized(): Refusal {
    const schemes = [
      ...(this.#passwords.isEmpty ? [] : ['Basic realm="metrics", charset="UTF-8"']),
      ...(this.#tokens.isEmpty ? [] : ['Bearer realm="metrics"']),
    ];
    const headers = { 'WWW-Authenticate': schemes.join(', ') };
    return { reason: 'credentials', status: 401, text: 'unauthorized', headers };
  }
}

function tooMany(seconds: number): Refusal {
  const text = 'too many wrong passwords or tokens from this address: try again later';
  return { reason: 'attempts', status: 429, text, headers: retryAfter(seconds) };
}

/** The refusal of a request that is beyond the rate of all clients together. */
export function tooManyRequests(seconds: number): Refusal {
  const text = 'too many requests to this endpoint: try again later';
  return { reason: 'rate', status: 429, text, headers: retryAfter(seconds) };
}

/** In whole seconds (RFC 9110, 10.2.3). */
function retryAfter(seconds: number): Record<string, string> {
  return { 'Retry-After': String(Math.max(1, Math.ceil(seconds))) };
}
