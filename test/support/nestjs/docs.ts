import { readFileSync } from 'node:fs';
import type { Files } from '../project.ts';

/** The files that the page about NestJS shows, by path: code blocks that begin with their path. */
export function documentedFiles(): Files {
  const blocks = readFileSync('docs/nestjs.md', 'utf8').matchAll(/^```(?:typescript|proto)\n\/\/ (\S+)\n(.*?)^```/gms);
  return Object.fromEntries(Array.from(blocks, ([, path, code]) => [path!, code!]));
}

/** The files of the numbered steps. */
export const steps = ['proto/orders.proto', 'src/orders.controller.ts', 'src/app.module.ts', 'src/main.ts'] as const;
