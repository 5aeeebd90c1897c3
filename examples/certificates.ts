import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { generate } from 'selfsigned';

const DAY_MS = 24 * 3600 * 1000;
const LIFETIME_MS = 30 * DAY_MS;

interface KeyPair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** All in PEM. */
export interface Certificates {
  readonly ca: Buffer;
  /** For localhost, 127.0.0.1 and ::1. */
  readonly server: KeyPair;
  readonly client: KeyPair;
}

/**
 * The certificates for a try-out that are kept in `directory`, which is made if it is not there, and made anew if they
 * are no longer valid. The key of the authority is thrown away, so nobody can sign others with it.
 */
export async function ensureCertificates(directory: string): Promise<Certificates> {
  const kept = readCertificates(directory);
  if (kept !== undefined) return kept;
  // Made beside it and then renamed: two programs that start together must not mix their files.
  const fresh = mkdtempSync(`${resolve(directory)}-`);
  try {
    for (const [name, pem] of Object.entries(await makeCertificates())) {
      writeFileSync(join(fresh, name), pem, { mode: name.endsWith('.key') ? 0o600 : 0o644 });
    }
    replaceDirectory(fresh, directory);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  const made = readCertificates(directory);
  if (made !== undefined) return made;
  throw new Error(`${directory} does not keep valid certificates: remove it and start again`);
}

/** The certificates of `directory`, if all are there and valid for another day. */
function readCertificates(directory: string): Certificates | undefined {
  const read = (name: string) => readFileSync(join(directory, name));
  try {
    const certificates = {
      ca: read('ca.crt'),
      server: { cert: read('server.crt'), key: read('server.key') },
      client: { cert: read('client.crt'), key: read('client.key') },
    };
    const authority = new X509Certificate(certificates.ca);
    const signed = [certificates.server, certificates.client].map(({ cert }) => new X509Certificate(cert));
    const lasting = [authority, ...signed].every(({ validTo }) => Date.parse(validTo) > Date.now() + DAY_MS);
    return lasting && signed.every((cert) => cert.verify(authority.publicKey)) ? certificates : undefined;
  } catch {
    return undefined;
  }
}

/** Renames `fresh` to `directory`, unless another program has done the same meanwhile: it already uses its own. */
function replaceDirectory(fresh: string, directory: string): void {
  try {
    renameSync(fresh, directory);
  } catch {
    // Not empty: with certificates of another program, or with old ones.
    if (readCertificates(directory) !== undefined) return;
    rmSync(directory, { recursive: true, force: true });
    renameSync(fresh, directory);
  }
}

/** All files of the directory by their names, in PEM. `authorityName` is the name of who signs. */
export async function makeCertificates(
  validTo: Date = new Date(Date.now() + LIFETIME_MS),
  authorityName = 'grpc-vitals examples',
): Promise<Record<string, string>> {
  // A clock that is a little behind must not find them not yet valid.
  const common = {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - DAY_MS),
    notAfterDate: validTo,
  } as const;
  const authority = await generate([{ name: 'commonName', value: authorityName }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const ca = { cert: authority.cert, key: authority.private };
  const server = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...common,
    ca,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  });
  const client = await generate([{ name: 'commonName', value: 'customer' }], {
    ...common,
    ca,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', clientAuth: true },
    ],
  });
  return {
    'ca.crt': authority.cert,
    'server.crt': server.cert,
    'server.key': server.private,
    'client.crt': client.cert,
    'client.key': client.private,
  };
}
