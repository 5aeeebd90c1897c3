import type { X509Certificate } from 'node:crypto';

/** A name with its kind. Node writes a name with special characters, such as a comma, as a JSON text. */
const entry = /([^:,]+):("(?:[^"\\]|\\.)*"|(?!")[^,]*)(?:, |$)/gy;

/** Kinds of names that identify a client, as exporter-toolkit reads them. */
const kinds: readonly string[] = ['DNS', 'IP Address', 'email', 'URI'];

/**
 * The subject alternative names of a certificate: DNS names, IP addresses, email addresses and URIs.
 *
 * An IP address is as RFC 5952 writes it. A name that contains `, DNS:` stays one name: an authority that signs strange
 * names must not let a client choose several.
 */
export function alternativeNames({ subjectAltName }: Pick<X509Certificate, 'subjectAltName'>): string[] {
  const given: string | undefined = subjectAltName; // without names it is undefined, whatever its type says
  return Array.from((given ?? '').matchAll(entry)).flatMap(([, kind, value]) => {
    if (!kinds.includes(kind!)) return [];
    const name = value!.startsWith('"') ? parseQuoted(value!) : value!;
    return [kind === 'IP Address' ? shortest(name) : name];
  });
}

/** A text that is not JSON after all equals no name. */
function parseQuoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}

/** OpenSSL writes all eight groups of an IPv6 address. */
function shortest(address: string): string {
  if (!address.includes(':')) return address;
  try {
    return new URL(`http://[${address}]`).hostname.slice(1, -1);
  } catch {
    return address;
  }
}
