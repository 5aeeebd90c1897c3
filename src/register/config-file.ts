import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { invalidOption } from '../core/errors.ts';
import { quoted } from '../core/printable.ts';

/** The package `yaml`, as far as it is used. */
export interface YamlPackage {
  parse(text: string): unknown;
}

/**
 * Reads a configuration file: JSON, or YAML if its name ends in `.yaml` or `.yml`. Throws `invalid_option` for a file that cannot be
 * read, and if `loadYaml` throws because the package `yaml` is not installed.
 */
export function readConfigFile(path: string, loadYaml: () => YamlPackage): object {
  const parse = parserOf(path, loadYaml);
  const text = attempt('cannot read the file', () => readFileSync(path, 'utf8'));
  // `null` is an empty YAML file. Whether it is an object is checked with the options.
  return attempt(`${quoted(path)} cannot be parsed`, () => parse(text)) ?? {};
}

function parserOf(path: string, loadYaml: () => YamlPackage): (text: string) => unknown {
  const extension = extname(path).toLowerCase();
  if (extension === '.json') return (text) => JSON.parse(text) as unknown;
  if (extension !== '.yaml' && extension !== '.yml') {
    throw invalidOption(`must be the path of a file .json, .yaml or .yml, not ${quoted(path)}`);
  }
  const missing = 'a YAML file needs the package yaml beside grpc-vitals (npm install yaml); or write JSON';
  const yaml = attempt(missing, loadYaml);
  return (text) => yaml.parse(text);
}

function attempt<Result>(problem: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    throw invalidOption(`${problem}: ${(error as Error).message.split('\n', 1)[0]}`);
  }
}
