/** What a client says to prove who it is. */
export type Credentials =
  | { readonly scheme: 'basic'; readonly user: string; readonly password: string }
  | { readonly scheme: 'bearer'; readonly token: string };

const header = /^(basic|bearer) +(\S+) *$/i;
const base64 = /^[A-Za-z0-9+/]+={0,2}$/;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads an Authorization header (RFC 7617, RFC 6750). Undefined for one that is missing, broken or of another scheme. */
export function readCredentials(authorization: string | undefined): Credentials | undefined {
  const [, scheme, value] = header.exec(authorization ?? '') ?? [];
  if (scheme === undefined || value === undefined) return undefined;
  if (scheme.toLowerCase() === 'bearer') return { scheme: 'bearer', token: value };
  const text = base64.test(value) ? decode(value) : undefined;
  const colon = text?.indexOf(':') ?? -1;
  if (text === undefined || colon === -1) return undefined;
  return { scheme: 'basic', user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Bytes that are no UTF-8 are no password: as texts many of them would be equal. */
function decode(value: string): string | undefined {
  try {
    return utf8.decode(Buffer.from(value, 'base64'));
  } catch {
    return undefined;
  }
}
