import { checkKeys, keysOf } from '../../core/check-keys.ts';
import { invalidOption, type MetricsError } from '../../core/errors.ts';
import { quoted } from '../../core/printable.ts';
import type { PemSource, TlsSettings } from './tls-settings.ts';

/**
 * TLS of the endpoint. A certificate and its key are needed, each as a file or as text in PEM.
 *
 * The library reads files again when they change: certificates rotate without a restart.
 *
 * ```ts
 * await metrics.expose({ tls: { certFile: '/tls/tls.crt', keyFile: '/tls/tls.key', clientCaFile: '/tls/ca.crt' } });
 * ```
 */
export interface EndpointTlsOptions {
  /** File with the endpoint's certificate in PEM, and after it the intermediate ones. */
  readonly certFile?: string | undefined;
  /** The certificate itself in PEM, in place of `certFile`. */
  readonly cert?: string | Uint8Array | undefined;
  /** File with the private key of the certificate in PEM, without a passphrase. */
  readonly keyFile?: string | undefined;
  /** The key itself in PEM, in place of `keyFile`. */
  readonly key?: string | Uint8Array | undefined;
  /**
   * File with the authorities of client certificates in PEM. With it the endpoint accepts only clients that have a
   * certificate of one of these authorities. By default clients need no certificate.
   */
  readonly clientCaFile?: string | undefined;
  /** The authorities themselves in PEM, in place of `clientCaFile`. */
  readonly clientCa?: string | Uint8Array | undefined;
  /**
   * Subject alternative names of client certificates that the endpoint accepts: DNS names, IP addresses, email addresses and
   * URIs. One of them must be equal to a name of the certificate. By default all names.
   */
  readonly clientAllowedSans?: readonly string[] | undefined;
  /** Oldest version of TLS that the endpoint accepts. By default `TLSv1.2`. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined;
}

const keys = keysOf<EndpointTlsOptions>({
  certFile: true,
  cert: true,
  keyFile: true,
  key: true,
  clientCaFile: true,
  clientCa: true,
  clientAllowedSans: true,
  minVersion: true,
});

/** What the options of node:tls are called here. */
const renamed: Readonly<Record<string, string>> = {
  ca: 'which is "clientCa" or "clientCaFile" here',
  requestCert: 'which "clientCa" or "clientCaFile" implies here',
  rejectUnauthorized: 'which "clientCa" or "clientCaFile" implies here',
};

/** Throws `invalid_option` for what cannot be right. Messages never contain a key or a certificate. */
export function checkTlsOptions(options: EndpointTlsOptions): TlsSettings {
  // Without the value: it may be a key.
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalidOption('tls must be an object, such as { certFile, keyFile }');
  }
  checkKeys('tls', options, keys, renamed);
  const { clientAllowedSans: allowedSans, minVersion = 'TLSv1.2' } = options;
  const cert = sourceOf('cert', options.cert, options.certFile);
  const key = sourceOf('key', options.key, options.keyFile);
  if (cert === undefined) throw invalidOption('tls needs a certificate: certFile or cert');
  if (key === undefined) throw invalidOption('tls needs the key of its certificate: keyFile or key');
  const clientCa = sourceOf('clientCa', options.clientCa, options.clientCaFile);
  if (minVersion !== 'TLSv1.2' && minVersion !== 'TLSv1.3') {
    throw invalid('minVersion', '"TLSv1.2" or "TLSv1.3"', minVersion);
  }
  checkNames(allowedSans);
  if (allowedSans !== undefined && clientCa === undefined) {
    throw invalidOption(
      'tls: clientAllowedSans needs clientCaFile or clientCa, as nobody vouches for the names otherwise',
    );
  }
  return {
    cert,
    key,
    clientCa,
    clientAuth: clientCa === undefined ? 'none' : 'verify',
    allowedSans,
    minVersion,
    maxVersion: 'TLSv1.3',
    prefersOwnOrder: true,
  };
}

function sourceOf(name: string, text: unknown, file: unknown): PemSource | undefined {
  if (text !== undefined && file !== undefined) {
    throw invalidOption(`tls takes ${name} or ${name}File, not both`);
  }
  if (file !== undefined) {
    if (typeof file !== 'string' || !/^[^\n\0]+$/.test(file)) {
      throw invalidOption(`tls: ${name}File must be the path of a file: give what is in the file as ${name}`);
    }
    return { name: `${name}File`, file };
  }
  if (text === undefined) return undefined;
  if (typeof text !== 'string' && !(text instanceof Uint8Array)) {
    // The value may be a secret in another form.
    throw invalidOption(`tls: ${name} must be a text or bytes in PEM, not ${typeof text}`);
  }
  return { name, text: Buffer.from(text as string).toString() }; // a text or bytes
}

function checkNames(names: readonly string[] | undefined): void {
  if (names === undefined) return;
  if (!Array.isArray(names) || names.length === 0) throw invalid('clientAllowedSans', 'an array of names', names);
  const wrong = names.findIndex((name) => typeof name !== 'string' || name === '');
  if (wrong !== -1) throw invalid('each of clientAllowedSans', 'a text', names[wrong]);
}

function invalid(option: string, form: string, given: unknown): MetricsError {
  return invalidOption(`tls: ${option} must be ${form}, not ${quoted(given)}`);
}
