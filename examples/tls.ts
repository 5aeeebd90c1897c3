import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { checkServerIdentity, createSecureContext } from 'node:tls';
import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { UsageError } from './arguments.ts';
import { CertificateFiles } from './certificate-files.ts';
import { ensureCertificates } from './certificates.ts';

const CERTIFICATES = fileURLToPath(new URL('.certs/', import.meta.url));

/** The command line options of TLS, for `readOptions`. */
export const tlsOptions = {
  tls: { type: 'boolean' },
  mutual: { type: 'boolean' },
  cert: { type: 'string' },
  key: { type: 'string' },
  ca: { type: 'string' },
} as const;

export const tlsUsage = `  --tls                  encrypt; without files, with certificates made for a try-out in examples/.certs/
  --mutual               clients need a certificate, too
  --cert FILE            own certificate, PEM; a server reads it again when it changes
  --key FILE             its key, PEM
  --ca FILE              who signed the certificate of the other side, PEM`;

/** What `tlsOptions` read. */
export interface TlsFlags {
  readonly tls?: boolean | undefined;
  readonly mutual?: boolean | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly ca?: string | undefined;
}

export async function serverCredentials(
  flags: TlsFlags,
  directory: string = CERTIFICATES,
): Promise<grpc.ServerCredentials> {
  if (!isTls(flags)) return grpc.ServerCredentials.createInsecure();
  const { mutual = false } = flags;
  if (!hasFiles(flags)) {
    const { ca, server } = await ensureCertificates(directory);
    return grpc.ServerCredentials.createSsl(ca, [{ cert_chain: server.cert, private_key: server.key }], mutual);
  }
  if (flags.cert === undefined) throw new UsageError('a server needs --cert FILE and --key FILE, or no file at all');
  if (mutual && flags.ca === undefined) throw new UsageError('--mutual needs --ca FILE, which signed the clients');
  readFiles(flags); // says what is wrong with them in terms of the options
  const files = await CertificateFiles.open({ cert: flags.cert, key: flags.key!, ca: flags.ca });
  // Without authorities the server asks for no client certificates. In grpc-js 1.12 to 1.14 they are the second argument,
  // and not the first as its types say, which do not allow null either.
  const authorities = (mutual ? files : null) as grpc.experimental.CertificateProvider;
  return grpc.experimental.createCertificateProviderServerCredentials(files, authorities, mutual);
}

/** Credentials for a server at `address`, which is `host:port`. */
export async function clientCredentials(
  flags: TlsFlags,
  address: string,
  directory: string = CERTIFICATES,
): Promise<grpc.ChannelCredentials> {
  if (!isTls(flags)) return grpc.credentials.createInsecure();
  const { mutual = false } = flags;
  const verify = verification(address);
  if (!hasFiles(flags)) {
    const { ca, client } = await ensureCertificates(directory);
    const [key, cert] = mutual ? [client.key, client.cert] : [null, null];
    return grpc.credentials.createSsl(ca, key, cert, verify);
  }
  if (mutual && flags.cert === undefined) throw new UsageError('--mutual needs --cert FILE and --key FILE at a client');
  const { cert, key, ca } = readFiles(flags);
  return grpc.credentials.createSsl(ca ?? null, key ?? null, cert ?? null, verify);
}

/**
 * Options of a channel to `address`, which is `host:port`.
 *
 * grpc-js sends the host as the server name of TLS. Node.js 26 refuses that for an IP address (RFC 6066, 3), so the
 * name is `localhost` there. The certificate is still checked against the address.
 */
export function channelOptions(address: string): grpc.ChannelOptions {
  return isIP(hostOf(address)) === 0 ? {} : { 'grpc.ssl_target_name_override': 'localhost' };
}

function verification(address: string): grpc.VerifyOptions {
  const host = hostOf(address);
  if (isIP(host) === 0) return {};
  return { checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate) };
}

/** Without the brackets of `[::1]:50051`. */
function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':')).replace(/^\[(.*)\]$/, '$1');
}

/** Whether `--tls` was given; the other options mean nothing without it. */
function isTls(flags: TlsFlags): boolean {
  if (flags.tls) return true;
  const stray = (['mutual', 'cert', 'key', 'ca'] as const).find((name) => flags[name] !== undefined);
  if (stray !== undefined) throw new UsageError(`--${stray} means nothing without --tls: add it`);
  return false;
}

function hasFiles({ cert, key, ca }: TlsFlags): boolean {
  if (cert !== undefined && key === undefined) throw new UsageError(`--cert ${cert} needs its key: add --key FILE`);
  if (key !== undefined && cert === undefined) throw new UsageError(`--key ${key} needs --cert FILE`);
  return cert !== undefined || ca !== undefined;
}

function readFiles(flags: TlsFlags): { cert?: Buffer; key?: Buffer; ca?: Buffer } {
  const cert = readFile('--cert', flags.cert);
  const key = readFile('--key', flags.key);
  const ca = readFile('--ca', flags.ca);
  checkCertificate('--cert', flags.cert, cert);
  checkCertificate('--ca', flags.ca, ca);
  if (cert !== undefined && key !== undefined) {
    try {
      createSecureContext({ cert, key });
    } catch (cause) {
      const problem = `--key ${flags.key} is not the unencrypted PEM key of --cert ${flags.cert}`;
      throw new UsageError(`${problem}: give the two that were made together`, { cause });
    }
  }
  return { ...(cert && { cert }), ...(key && { key }), ...(ca && { ca }) };
}

function readFile(option: string, path: string | undefined): Buffer | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException; // the only errors that readFileSync throws for a string
    const remedy = 'give a readable file, or leave out --cert, --key and --ca for a try-out';
    throw new UsageError(`${option} ${path} cannot be read (${code}): ${remedy}`, { cause });
  }
}

function checkCertificate(option: string, path: string | undefined, pem: Buffer | undefined): void {
  if (pem === undefined) return;
  const certificate = parseCertificate(option, path!, pem);
  if (new Date(certificate.validTo).getTime() > Date.now()) return;
  throw new UsageError(`${option} ${path} expired on ${certificate.validTo}: renew it`);
}

function parseCertificate(option: string, path: string, pem: Buffer): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new UsageError(`${option} ${path} holds no certificate: give a PEM file (-----BEGIN CERTIFICATE-----)`, {
      cause,
    });
  }
}
