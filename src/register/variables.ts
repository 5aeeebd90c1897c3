import { didYouMean } from '../core/check-keys.ts';
import { invalidOption } from '../core/errors.ts';
import { quoted } from '../core/printable.ts';
import type { SettingsSource } from './settings.ts';

/** The environment of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

export const prefix = 'GRPC_VITALS_';

/** One variable: the option that it sets, and how its text is read. */
interface Variable {
  /** The path of the option in `Settings`. */
  readonly option: readonly [string] | readonly ['expose', string];
  /** Throws `invalid_option` with what would be right. */
  readonly read: (text: string) => unknown;
}

/** Each variable, without its prefix. `CONFIG` is not one of them: `config-file.ts` reads it. */
const variables: Readonly<Record<string, Variable>> = {
  PORT: { option: ['expose', 'port'], read: readPort },
  HOST: { option: ['expose', 'host'], read: (text) => text },
  WEB_CONFIG: { option: ['expose', 'webConfig'], read: (text) => text },
  NAMING: { option: ['naming'], read: readList },
  BUCKETS: { option: ['buckets'], read: readNumbers },
  EXCLUDE: { option: ['exclude'], read: readList },
  RUNTIME: { option: ['runtime'], read: readFlag },
  PROCESSES: { option: ['processes'], read: readFlag },
  ENABLED: { option: ['enabled'], read: readFlag },
  LOG: { option: ['log'], read: (text) => text },
};

/** The names of all variables that set one option, without the prefix. */
export const variableNames: readonly string[] = Object.keys(variables);

export const configName = 'CONFIG';

/** What is to be said of the variables, and what they set. An empty variable is one that is not set. */
export interface ReadVariables {
  readonly sources: readonly SettingsSource[];
  readonly problems: readonly string[];
}

/** Reads the variables that begin with the prefix. */
export function readVariables(environment: Environment): ReadVariables {
  const sources: SettingsSource[] = [];
  const problems: string[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(prefix) || text === undefined || text === '') continue;
    try {
      const settings = readVariable(name.slice(prefix.length), text);
      if (settings !== undefined) sources.push({ name, settings });
    } catch (error) {
      problems.push(`${name}: ${(error as Error).message}`);
    }
  }
  return { sources, problems };
}

/** The settings of one variable. Undefined for one that sets no option. */
function readVariable(name: string, text: string): object | undefined {
  const variable = Object.hasOwn(variables, name) ? variables[name] : undefined;
  if (variable !== undefined) {
    const value = variable.read(text.trim());
    return variable.option.reduceRight((inner: unknown, key) => ({ [key]: inner }), value) as object; // it has a key
  }
  if (name === configName || isOfKubernetes(name)) return undefined;
  const known = [...variableNames, configName];
  const near = didYouMean(name, known);
  const remedy =
    near === undefined ? `known are ${known.map((one) => prefix + one).join(', ')}` : `did you mean ${prefix}${near}?`;
  throw invalidOption(`unknown variable, ${remedy}`);
}

/** Kubernetes gives the containers of a namespace such variables for a Service that is named `grpc-vitals`. */
function isOfKubernetes(name: string): boolean {
  return /^(SERVICE_(HOST|PORT)(_\w+)?|PORT_\d+_\w+)$/.test(name);
}

/** `expose()` checks the number. */
function readPort(text: string): string {
  if (!text.includes('://')) return text;
  const remedy = 'give the Service another name, or set enableServiceLinks: false in the pod';
  throw invalidOption(`${quoted(text)} is what Kubernetes sets for a Service named grpc-vitals: ${remedy}`);
}

function readList(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}

function readNumbers(text: string): number[] {
  const parts = readList(text);
  const wrong = parts.find((part) => part === '' || Number.isNaN(Number(part)));
  if (wrong === undefined) return parts.map(Number);
  throw invalidOption(`must be numbers of seconds with commas between them, such as 0.01,0.1,1, not ${quoted(text)}`);
}

function readFlag(text: string): boolean {
  if (/^(true|1|yes|on)$/i.test(text)) return true;
  if (/^(false|0|no|off)$/i.test(text)) return false;
  throw invalidOption(`must be true or false, not ${quoted(text)}`);
}
