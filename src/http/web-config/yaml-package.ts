import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** What is used of the package `yaml` 2. */
export interface YamlPackage {
  parseAllDocuments(text: string, options: YamlOptions): YamlDocument[] | { readonly empty: true };
  isAlias(node: unknown): node is { resolve(document: YamlDocument): unknown };
  isMap(
    node: unknown,
  ): node is YamlNode & { readonly items: readonly { readonly key: unknown; readonly value: unknown }[] };
  isSeq(node: unknown): node is YamlNode & { readonly items: readonly unknown[] };
  isScalar(node: unknown): node is YamlScalar;
  LineCounter: new () => LineCounter;
}

interface YamlOptions {
  readonly version: '1.1';
  readonly schema: 'failsafe';
  readonly uniqueKeys: boolean;
  readonly prettyErrors: boolean;
  readonly logLevel: 'silent';
  readonly lineCounter: LineCounter;
}

export interface LineCounter {
  linePos(offset: number): { readonly line: number };
}

export interface YamlDocument {
  readonly contents: unknown;
  readonly errors: readonly { readonly code: string; readonly pos: readonly [number, number] }[];
}

interface YamlNode {
  readonly range?: readonly number[] | null;
}

export interface YamlScalar extends YamlNode {
  readonly value: unknown;
  readonly source?: string;
  readonly type?: string;
  readonly tag?: string;
}

/**
 * Loads the package `yaml` of the service; undefined if it is not installed.
 *
 * It is looked for from the service's main file, and from the folder in which the service was started. An `import` would
 * make bundlers warn every service that has no such package.
 */
export function loadYaml(): YamlPackage | undefined {
  for (const load of [...places().map((place) => () => createRequire(place)('yaml') as unknown), ...moreLoaders]) {
    try {
      return load() as YamlPackage; // its own types are not there without it
    } catch {
      // not installed there
    }
  }
  return undefined;
}

/** More ways to load it. `grpc-vitals/register` adds one when it starts, before any endpoint opens. */
const moreLoaders: (() => unknown)[] = [];

/** Adds a way to load `yaml` for services that lack it. `load` throws where it is not installed. */
export function addYamlLoader(load: () => unknown): void {
  moreLoaders.push(load);
}

function places(): string[] {
  const fromFolder = join(process.cwd(), 'main.js');
  const main = process.argv[1];
  try {
    return main === undefined ? [fromFolder] : [realpathSync(main), fromFolder];
  } catch {
    return [fromFolder]; // as with `node -e`, whose arguments are no files
  }
}
