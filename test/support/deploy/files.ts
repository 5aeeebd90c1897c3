import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

/** Absolute path of `deploy/`, with a slash at its end. */
export const deployFolder: string = fileURLToPath(new URL('../../../deploy/', import.meta.url));

/** Text of a file in `deploy/`. */
export function readDeployed(path: string): string {
  return readFileSync(deployFolder + path, 'utf8');
}

/** Content of a YAML file in `deploy/`, whose shape the caller knows and says. */
export function readYaml(path: string): unknown {
  return parse(readDeployed(path));
}
