import { didYouMean } from '../core/check-keys.ts';
import { checkObject } from '../core/check-object.ts';
import { checkBoolean } from '../core/check-type.ts';
import { invalidOption } from '../core/errors.ts';
import type { MetricsLogger } from '../core/logger.ts';
import { quoted } from '../core/printable.ts';
import { GrpcMetrics } from '../metrics.ts';
import type { GrpcMetricsOptions } from '../options.ts';
import { checkExposeOptions, type ExposeOptions, exposeKeys } from '../serve/expose-options.ts';

/** What is printed: nothing, problems, or also where the metrics are. */
export const logLevels = ['silent', 'warn', 'info'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Everything that the environment and the configuration file can say. */
export interface Settings extends GrpcMetricsOptions {
  /** Whether anything is recorded. By default it is. */
  readonly enabled?: boolean;
  /** By default `warn`. */
  readonly log?: LogLevel;
  readonly expose?: ExposeOptions;
}

/** Settings, and the variable or the file that they come from. */
export interface SettingsSource {
  /** Begins the message about a setting that is wrong. */
  readonly name: string;
  readonly settings: object;
}

/** The settings of all sources. The last one wins, for each option of `expose` too. */
export function mergeSettings(sources: readonly SettingsSource[]): Settings {
  const merged: { expose?: object } = {};
  for (const { settings } of sources as readonly { settings: { expose?: object } }[]) {
    const expose = { ...merged.expose, ...settings.expose };
    Object.assign(merged, settings, { expose });
  }
  return merged;
}

/** What is wrong with the sources, of which `createMetrics` throws: a message for each source, with its name. */
export function problemsOf(sources: readonly SettingsSource[]): string[] {
  const problems = sources.flatMap((source) => problemOf(source.name, [source]) ?? []);
  if (problems.length > 0) return problems;
  const names = sources.map(({ name }) => name).join(', ');
  return [problemOf(`${names} do not fit together`, sources) ?? []].flat();
}

function problemOf(name: string, sources: readonly SettingsSource[]): string | undefined {
  try {
    void createMetrics(sources).close();
    return undefined;
  } catch (error) {
    return `${name}: ${(error as Error).message}`;
  }
}

const ownKeys = ['enabled', 'log', 'expose'];

/**
 * Makes the metrics that the sources describe together. Throws `invalid_option` for settings that cannot be right, in one source or
 * together, those of the endpoint too.
 */
export function createMetrics(sources: readonly SettingsSource[], logger?: MetricsLogger): GrpcMetrics {
  for (const { settings } of sources) check(settings);
  const { enabled: _enabled, log: _log, expose: _expose, ...options } = mergeSettings(sources);
  return new GrpcMetrics({ ...options, ...(logger && { logger }) });
}

/** Throws `invalid_option` for settings that are not options of `GrpcMetrics` and cannot be right. */
function check(settings: object): void {
  checkObject('it must hold an object, such as { expose: { port: 8000 } }', settings);
  const { enabled, log, expose, ...options } = settings as Settings;
  checkBoolean('enabled', enabled);
  if (log !== undefined && !logLevels.includes(log)) {
    throw invalidOption(`log must be ${logLevels.map(quoted).join(', ')}, not ${quoted(log)}`);
  }
  if (expose !== undefined) checkExposeOptions(expose);
  for (const key of Object.keys(options)) {
    if (exposeKeys.includes(key))
      throw invalidOption(`${quoted(key)} is an option of "expose": { expose: { ${key} } }`);
    const near = didYouMean(key, ownKeys);
    if (near !== undefined) throw invalidOption(`unknown option ${quoted(key)}, did you mean ${quoted(near)}?`);
  }
}
