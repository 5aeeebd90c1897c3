import { constants, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { remarkOnMode } from '../exposed-file.ts';
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

/** Makes the error of what cannot be used. The message has the names of files and never their content. */
export type Failure = (message: string, cause: unknown) => Error;

/** Reads the files and checks that node:tls can use them. Rejects with what `failure` makes. */
export async function loadTls(settings: TlsSettings, failure: Failure): Promise<LoadedTls> {
  const { cert: certSource, key: keySource, clientCa: caSource } = settings;
  const [cert, key] = await Promise.all([read(certSource, failure), read(keySource, failure)]);
  const ca = caSource === undefined ? undefined : await readAuthorities(caSource, failure);
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
  const remarks = 'file' in keySource ? await remarkOnMode(keySource.file, place(keySource)) : [];
  if (ca?.length === 0) remarks.push(`${place(caSource!)} has no certificate, so no certificate of a client is valid`);
  return { settings, context, expiresAt: earliestExpiry(cert, certSource, failure), remarks };
}

async function read(source: PemSource, failure: Failure): Promise<string> {
  if ('text' in source) return source.text;
  try {
    return await readFile(source.file, 'utf8');
  } catch (cause) {
    throw failure(`cannot read ${place(source)}: ${reason(cause)}`, cause);
  }
}

/** The certificates that can be read. Node.js throws for a text without one, and Go ignores what is none. */
async function readAuthorities(source: PemSource, failure: Failure): Promise<readonly string[]> {
  return ((await read(source, failure)).match(block) ?? []).filter((certificate) => {
    try {
      return new X509Certificate(certificate).raw.length > 0;
    } catch {
      return false;
    }
  });
}

function earliestExpiry(chain: string, source: PemSource, failure: Failure): number {
  const certificates = chain.match(block) ?? [];
  try {
    const dates = certificates.map((certificate) => Date.parse(new X509Certificate(certificate).validTo) / 1000);
    return Math.min(...dates);
  } catch (cause) {
    throw failure(`${place(source)} has a certificate that cannot be read: ${reason(cause)}`, cause);
  }
}

/** An option's name, with the path of its file. */
function place(source: PemSource): string {
  return 'file' in source ? `${source.name} ${JSON.stringify(source.file)}` : source.name;
}

/** Messages of OpenSSL and of the file system: they have no content of files. */
function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
