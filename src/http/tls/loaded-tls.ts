import { constants, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { invalidOption } from '../../core/errors.ts';
import type { PemSource, TlsSettings } from './tls-settings.ts';

/** TLS settings with the content of their files. */
export interface LoadedTls {
  readonly settings: TlsSettings;
  readonly context: SecureContextOptions;
  /** When the first certificate of the chain expires, in seconds since 1970. */
  readonly expiresAt: number;
  /** What is unsafe and works: for a warning. */
  readonly remarks: readonly string[];
}

/**
 * A client of TLS 1.2 could ask for handshake after handshake on one connection. Where clients need certificates there are no
 * tickets either: a session that is resumed would bring a certificate that is no longer accepted.
 */
const oneHandshake = constants.SSL_OP_NO_RENEGOTIATION;

const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Reads the files and checks that node:tls can use them. Rejects with `invalid_option`; the message has the names of files
 * and never their content.
 */
export async function loadTls(settings: TlsSettings): Promise<LoadedTls> {
  const { cert: certSource, key: keySource, clientCa: caSource } = settings;
  const [cert, key] = await Promise.all([read(certSource), read(keySource)]);
  const ca = caSource === undefined ? undefined : await readAuthorities(caSource);
  const context: SecureContextOptions = {
    cert,
    key,
    ...(ca !== undefined && { ca: [...ca] }),
    minVersion: settings.minVersion,
    maxVersion: settings.maxVersion,
    honorCipherOrder: settings.prefersOwnOrder,
    ...(settings.ciphers !== undefined && { ciphers: settings.ciphers }),
    ...(settings.curves !== undefined && { ecdhCurve: settings.curves }),
    secureOptions: settings.clientAuth === 'none' ? oneHandshake : oneHandshake | constants.SSL_OP_NO_TICKET,
  };
  try {
    createSecureContext(context);
  } catch (cause) {
    const pair = `the certificate of ${place(certSource)} with the key of ${place(keySource)}`;
    throw failure(`node:tls cannot use ${pair}: ${reason(cause)}`, cause);
  }
  const remarks = await exposedKey(keySource);
  if (ca?.length === 0) remarks.push(`${place(caSource!)} has no certificate, so no certificate of a client is valid`);
  return { settings, context, expiresAt: earliestExpiry(cert, certSource), remarks };
}

async function read(source: PemSource): Promise<string> {
  if ('text' in source) return source.text;
  try {
    return await readFile(source.file, 'utf8');
  } catch (cause) {
    throw failure(`cannot read ${place(source)}: ${reason(cause)}`, cause);
  }
}

/** The certificates that can be read. Node.js throws for a text without one, and Go ignores what is none. */
async function readAuthorities(source: PemSource): Promise<readonly string[]> {
  return ((await read(source)).match(block) ?? []).filter((certificate) => {
    try {
      return new X509Certificate(certificate).raw.length > 0;
    } catch {
      return false;
    }
  });
}

function earliestExpiry(chain: string, source: PemSource): number {
  const certificates = chain.match(block) ?? [];
  try {
    const dates = certificates.map((certificate) => Date.parse(new X509Certificate(certificate).validTo) / 1000);
    return Math.min(...dates);
  } catch (cause) {
    throw failure(`${place(source)} has a certificate that cannot be read: ${reason(cause)}`, cause);
  }
}

/** Permission of a file's mode for users who are neither its owner nor in its group. */
const readableByOthers = 0o004;

async function exposedKey(source: PemSource): Promise<string[]> {
  if (!('file' in source) || process.platform === 'win32') return [];
  const { mode } = await stat(source.file);
  if ((mode & readableByOthers) === 0) return [];
  const rights = (mode & 0o777).toString(8).padStart(4, '0');
  return [`every user of this machine can read ${place(source)} (mode ${rights}): take the right away with chmod o-r`];
}

/** An option's name, with the path of its file. */
function place(source: PemSource): string {
  return 'file' in source ? `${source.name} ${JSON.stringify(source.file)}` : source.name;
}

/** Messages of OpenSSL and of the file system: they have no content of files. */
function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function failure(message: string, cause: unknown): Error {
  return Object.assign(invalidOption(`tls: ${message}`), { cause });
}
