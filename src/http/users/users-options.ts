import { invalidOption } from '../../core/errors.ts';
import { shownName } from '../shown-name.ts';

/** A hash of bcrypt, with the costs that bcrypt allows: 4 to 31. */
const bcryptHash = /^\$2[aby]?\$(?:0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/;

/** Shortest token, in characters. Shorter ones can be guessed. */
const shortestToken = 16;

/** Throws `invalid_option` for what cannot be right. Messages never contain a hash. */
export function checkUsers(users: unknown): void {
  if (users === undefined) return;
  if (typeof users !== 'object' || users === null || Array.isArray(users)) {
    throw invalidOption('users must be an object of names and bcrypt hashes, such as { prometheus: "$2y$10$..." }');
  }
  for (const [user, hash] of Object.entries(users)) {
    if (user.includes(':')) throw invalidOption('users: a name must be without a colon');
    if (typeof hash === 'string' && bcryptHash.test(hash)) continue;
    const remedy = 'make one with `htpasswd -nBC 10 USER`';
    throw invalidOption(`users: the password of ${shownName(user)} must be a bcrypt hash ("$2y$10$..."): ${remedy}`);
  }
  if (Object.keys(users).length === 0) {
    throw invalidOption('users must have at least one user: leave it out if everybody may read the metrics');
  }
}

/** Throws `invalid_option` for what cannot be right. Messages never contain a token. */
export function checkTokens(tokens: unknown): void {
  if (tokens === undefined) return;
  if (!Array.isArray(tokens) || tokens.length === 0) {
    throw invalidOption('tokens must be an array of at least one text');
  }
  tokens.forEach((token: unknown, index) => {
    if (typeof token === 'string' && token.length >= shortestToken && /^[\x21-\x7e]+$/.test(token)) return;
    const form = `a text of at least ${shortestToken} visible ASCII characters`;
    throw invalidOption(`tokens[${index}] must be ${form}: make one with \`openssl rand -hex 32\``);
  });
}
