import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';

/** A certificate with its key, in PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** A name of a certificate, by its kind. */
type AltName =
  | { readonly dns: string }
  | { readonly ip: string }
  | { readonly email: string }
  | { readonly uri: string };

export interface Issued {
  readonly names?: readonly AltName[];
  readonly commonName?: string;
  /** Days from now until it expires; negative for one that has expired. */
  readonly days?: number;
  readonly use?: 'server' | 'client';
}

/** An authority of a test. */
export interface Authority {
  /** Its own certificate. */
  readonly cert: string;
  issue(issued?: Issued): Promise<Pair>;
}

const dayMs = 86_400_000;
/** Numbers of GeneralName (RFC 5280, 4.2.1.6). */
const kinds = { email: 1, dns: 2, uri: 6 } as const;

export async function createAuthority(commonName = 'grpc-vitals tests'): Promise<Authority> {
  const authority = await generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - 10 * dayMs),
    notAfterDate: new Date(Date.now() + 30 * dayMs),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return {
    cert: authority.cert,
    issue: async ({ names = localhost, commonName: subject = 'localhost', days = 10, use = 'server' } = {}) => {
      const { cert, private: key } = await generate([{ name: 'commonName', value: subject }], {
        keyType: 'ec',
        algorithm: 'sha256',
        notBeforeDate: new Date(Date.now() - 9 * dayMs),
        notAfterDate: new Date(Date.now() + days * dayMs),
        ca: { cert: authority.cert, key: authority.private },
        extensions: [
          { name: 'basicConstraints', cA: false, critical: true },
          { name: 'keyUsage', digitalSignature: true, critical: true },
          { name: 'extKeyUsage', ...(use === 'server' ? { serverAuth: true } : { clientAuth: true }) },
          ...(names.length === 0 ? [] : [{ name: 'subjectAltName' as const, altNames: names.map(altName) }]),
        ],
      });
      return { cert, key };
    },
  };
}

const localhost: readonly AltName[] = [{ dns: 'localhost' }, { ip: '127.0.0.1' }];

function altName(name: AltName): { type: 7; ip: string } | { type: 1 | 2 | 6; value: string } {
  if ('ip' in name) return { type: 7, ip: name.ip };
  if ('dns' in name) return { type: kinds.dns, value: name.dns };
  return 'email' in name ? { type: kinds.email, value: name.email } : { type: kinds.uri, value: name.uri };
}

/** A folder of files that only this user can read. */
export class Files {
  readonly path: string = mkdtempSync(join(tmpdir(), 'grpc-vitals-security-'));

  /** Writes a file, and returns its path. */
  write(name: string, content: string, mode = 0o600): string {
    const path = join(this.path, name);
    writeFileSync(path, content, { mode });
    return path;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
