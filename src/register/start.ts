import { MetricsError, type MetricsErrorCode } from '../core/errors.ts';
import { addYamlLoader } from '../http/web-config/yaml-package.ts';
import type { GrpcMetrics } from '../metrics.ts';
import { isUsed } from '../processes/usage.ts';
import type { ExposeOptions } from '../serve/expose-options.ts';
import { readConfigFile, type YamlPackage } from './config-file.ts';
import { createLog, type Log } from './log.ts';
import { RegisteredProcess } from './registered-process.ts';
import { createMetrics, logLevels, mergeSettings, problemsOf, type SettingsSource } from './settings.ts';
import { configName, type Environment, prefix, type ReadVariables, readVariables } from './variables.ts';

/**
 * Makes what records a program that has a server or a client of grpc-js. Undefined where nothing is to be recorded, after
 * messages that say why. `loadYaml` loads the package `yaml`, and throws where it is not installed.
 */
export function startProcess(environment: Environment, loadYaml: () => YamlPackage): RegisteredProcess | undefined {
  const { sources, problems } = readSources(environment, loadYaml);
  const settings = mergeSettings(sources);
  const log = createLog(logLevels.find((level) => level === settings.log));
  if (settings.enabled === false) return undefined;
  if (isUsed()) {
    log.warn('this program uses grpc-vitals itself, so grpc-vitals/register leaves its metrics to it');
    return undefined;
  }
  try {
    if (problems.length > 0) throw new Error('it cannot be read');
    const metrics = createMetrics(sources, log.logger);
    addYamlLoader(loadYaml); // the web configuration can be YAML, too
    return new RegisteredProcess({ metrics, expose: () => open(metrics, settings.expose, log), log });
  } catch {
    for (const problem of [...problems, ...problemsOf(sources)]) log.warn(problem);
    log.warn('grpc-vitals/register records nothing until that is right');
    return undefined;
  }
}

/** The sources of all settings: the file, then the variables, which win. */
export function readSources(environment: Environment, loadYaml: () => YamlPackage): ReadVariables {
  const { sources, problems } = readVariables(environment);
  const name = prefix + configName;
  const path = environment[name];
  if (path === undefined || path === '') return { sources, problems };
  try {
    const file: SettingsSource = { name: `${name} (${path})`, settings: readConfigFile(path, loadYaml) };
    return { sources: [file, ...sources], problems };
  } catch (error) {
    return { sources, problems: [...problems, `${name}: ${(error as Error).message}`] };
  }
}

function open(metrics: GrpcMetrics, options: ExposeOptions | undefined, log: Log): void {
  metrics.expose(options).then(
    ({ url }) => log.info(`the metrics are at ${url}/metrics`),
    (error: unknown) => {
      const variable = error instanceof MetricsError ? responsible[error.code] : undefined;
      const name = variable === undefined ? '' : `${prefix}${variable}: `;
      log.warn(`grpc-vitals/register cannot expose the metrics: ${name}${(error as Error).message}`);
    },
  );
}

/** The variable that sets what an endpoint fails for. */
const responsible: Partial<Record<MetricsErrorCode, string>> = {
  port_in_use: 'PORT',
  listen_failed: 'HOST',
  invalid_web_config: 'WEB_CONFIG',
};
