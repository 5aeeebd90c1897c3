import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { MetricsError } from '../../core/errors.ts';
import { openSecurity, type Security, type SecurityConfig, type SecurityReport } from '../security.ts';
import { checkTokens } from '../users/users-options.ts';
import { DocumentError, type DocumentNode } from './document.ts';
import { isJson, readJson } from './json-document.ts';
import { tlsSettings } from './settings.ts';
import { readWebConfig } from './web-config.ts';
import { readYaml } from './yaml-document.ts';
import { loadYaml, type YamlPackage } from './yaml-package.ts';

/** Protects an endpoint as a web configuration says. Rejects with `invalid_web_config`. */
export async function protectByFile(
  path: string,
  tokens: readonly string[] | undefined,
  report: SecurityReport,
): Promise<Security> {
  checkTokens(tokens);
  const file = resolve(path);
  return openSecurity({ read: () => readSecurity(file), tokens: tokens ?? [], ...report });
}

/** Reads a web configuration, of JSON or YAML. Rejects with `invalid_web_config`; no message has a value of the file. */
export async function readSecurity(
  file: string,
  yaml: () => YamlPackage | undefined = loadYaml,
): Promise<SecurityConfig> {
  const failure = (message: string, cause?: unknown, line?: number) => {
    const where = line === undefined ? file : `${file}:${line}`;
    return new MetricsError('invalid_web_config', `${where}: ${message}`, { cause });
  };
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw failure(`the web configuration cannot be read: ${cause.message}`, cause);
  });
  try {
    const config = readWebConfig(parse(text.replace(/^\ufeff/, ''), yaml));
    const { settings, remarks } = tlsSettings(config.tls_server_config ?? {}, dirname(file));
    const { interval = 0, burst = 0 } = config.rate_limit ?? {};
    return {
      tls: settings,
      users: config.basic_auth_users ?? new Map(),
      headers: config.http_server_config?.headers ?? new Map(),
      rateLimit: interval > 0 ? { intervalSeconds: interval, burst } : undefined,
      file: { path: file, hasSecrets: config.tls_server_config?.key !== undefined },
      remarks: remarks.map((remark) => `${file}: ${remark}`),
      failure,
    };
  } catch (error) {
    if (error instanceof DocumentError) throw failure(error.message, undefined, error.line);
    throw error;
  }
}

/** JSON is YAML, too. So it is read as JSON where that is possible, which needs no package. */
function parse(text: string, yaml: () => YamlPackage | undefined): DocumentNode {
  if (isJson(text)) return readJson(text);
  const found = yaml();
  if (found !== undefined) return readYaml(text, found);
  const remedy = 'install it beside your service (npm install yaml), or write the file as JSON';
  throw new DocumentError(`it is not JSON, and the package yaml, which reads YAML, is not installed: ${remedy}`);
}
