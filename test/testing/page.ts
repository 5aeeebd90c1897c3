import { readFileSync } from 'node:fs';
import type { Files } from '../support/project.ts';

/** The files that the page about tests shows, by their path. */
export function filesOfPage(): Files {
  const page = readFileSync('docs/testing.md', 'utf8');
  const blocks = page.matchAll(/^```js file=(\S+)\n(.*?)^```/gms);
  return Object.fromEntries(Array.from(blocks, ([, path, code]) => [path!, code!]));
}
