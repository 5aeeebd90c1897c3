import { MetricsError } from '../core/errors.ts';
import { openSecurity, type Security, type SecurityReport } from './security.ts';
import { checkTlsOptions, type EndpointTlsOptions } from './tls/tls-options.ts';
import { checkTokens, checkUsers } from './users/users-options.ts';

/** What protects an endpoint, by code. */
export interface SecurityByCode {
  readonly tls?: EndpointTlsOptions | undefined;
  readonly users?: Readonly<Record<string, string>> | undefined;
  readonly tokens?: readonly string[] | undefined;
}

/** Checks the options and reads their files. Rejects with `invalid_option`. */
export async function protectByCode({ tls, users, tokens }: SecurityByCode, report: SecurityReport): Promise<Security> {
  checkUsers(users);
  checkTokens(tokens);
  const config = {
    tls: tls === undefined ? undefined : checkTlsOptions(tls),
    users: new Map(Object.entries(users ?? {})),
    failure: (message: string, cause: unknown) => new MetricsError('invalid_option', `tls: ${message}`, { cause }),
  };
  return openSecurity({ read: async () => config, tokens: tokens ?? [], ...report });
}
