import { isAbsolute, join } from 'node:path';
import type { SecureVersion } from 'node:tls';
import type { PemSource, TlsSettings } from '../tls/tls-settings.ts';
import { ciphersOf, curves } from './cipher-suites.ts';
import { DocumentError } from './document.ts';
import type { TlsServerConfig, TlsVersion } from './web-config.ts';

/** TLS as a web configuration has it, and what about it is not what it seems to be. */
interface ConfiguredTls {
  readonly settings: TlsSettings | undefined;
  readonly remarks: readonly string[];
}

const clientAuths: Readonly<Record<string, TlsSettings['clientAuth']>> = {
  '': 'none',
  NoClientCert: 'none',
  RequestClientCert: 'request',
  RequireClientCert: 'any',
  RequireAnyClientCert: 'any',
  VerifyClientCertIfGiven: 'verify-if-given',
  RequireAndVerifyClientCert: 'verify',
};

const versions: Readonly<Record<TlsVersion, SecureVersion>> = {
  TLS10: 'TLSv1',
  TLS11: 'TLSv1.1',
  TLS12: 'TLSv1.2',
  TLS13: 'TLSv1.3',
};

/** Returns the settings of TLS; none if the configuration does not turn it on. Throws `DocumentError`. */
export function tlsSettings(config: TlsServerConfig, folder: string): ConfiguredTls {
  const { client_auth_type: auth = '', client_allowed_sans: allowedSans, cipher_suites: names = [] } = config;
  const cert = sourceOf('cert', config.cert, config.cert_file, folder);
  const key = sourceOf('key', config.key, config.key_file, folder);
  const clientCa = sourceOf('client_ca', config.client_ca, config.client_ca_file, folder);
  if (cert === undefined && key === undefined && clientCa === undefined && auth === '') {
    const remark = 'tls_server_config has no certificate, so the endpoint speaks plain HTTP';
    return { settings: undefined, remarks: Object.keys(config).length === 0 ? [] : [remark] };
  }
  if (cert === undefined) throw new DocumentError('tls_server_config needs a certificate: cert_file or cert');
  if (key === undefined) throw new DocumentError('tls_server_config needs the key of its certificate: key_file or key');
  const clientAuth = Object.hasOwn(clientAuths, auth) ? clientAuths[auth] : undefined;
  if (clientAuth === undefined) {
    const known = Object.keys(clientAuths).filter((name) => name !== '');
    throw new DocumentError(`tls_server_config.client_auth_type must be one of ${known.join(', ')}`);
  }
  if (clientCa !== undefined && clientAuth === 'none') {
    const remedy = 'say what clients need with client_auth_type: RequireAndVerifyClientCert';
    throw new DocumentError(`tls_server_config has authorities of client certificates and asks for none: ${remedy}`);
  }
  const { min_version: min = 'TLS12', max_version: max = 'TLS13' } = config;
  const settings = {
    cert,
    key,
    clientCa,
    clientAuth,
    allowedSans,
    minVersion: versions[min],
    maxVersion: versions[max],
    prefersOwnOrder: config.prefer_server_cipher_suites ?? true,
    ciphers: names.length === 0 ? undefined : ciphersOf(names),
    curves: curvesOf(config.curve_preferences),
  };
  return { settings, remarks: remarksOn(settings, min > max) };
}

function curvesOf(names: readonly string[] = []): string | undefined {
  return names.length === 0 ? undefined : names.map((name) => curves[name]!).join(':');
}

/** A file goes before a text. Both may be empty, which is none. */
function sourceOf(name: string, text = '', file = '', folder = ''): PemSource | undefined {
  if (file !== '') return { name: `${name}_file`, file: isAbsolute(file) ? file : join(folder, file) };
  return text === '' ? undefined : { name, text };
}

/** What promtool accepts, and what protects less than it seems to. */
function remarksOn({ clientAuth, clientCa, allowedSans }: TlsSettings, isBackwards: boolean): string[] {
  const remarks: string[] = [];
  if (isBackwards) remarks.push('min_version is above max_version, so no client can connect');
  if (allowedSans !== undefined && clientAuth === 'none') {
    remarks.push('client_allowed_sans has no effect, because client_auth_type asks for no certificate');
  }
  if (clientCa === undefined && (clientAuth === 'verify' || clientAuth === 'verify-if-given')) {
    remarks.push('there is no client_ca_file, so a certificate of any public authority is valid');
  }
  return remarks;
}
