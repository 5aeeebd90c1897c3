import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.mjs';
import { declarations } from './declarations.mjs';
import { commands, entries } from './entries.mjs';
import { buildPage } from './page.mjs';

/** Builds what the package ships, into `dist`. */
const folder = fileURLToPath(new URL('../dist', import.meta.url));

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
const page = await buildPage();
writeFileSync(join(folder, 'page.html'), page); // for what runs from the sources; not published
await bundle({ entries, commands, page, folder });
await declarations({ entries, folder });

const license = readFileSync(new URL(import.meta.resolve('uplot/LICENSE')), 'utf8');
writeFileSync(
  join(folder, 'THIRD-PARTY-LICENSES.txt'),
  `The live page in page-file.cjs contains uPlot. Nothing else here is of other projects.\n\n${license}`,
);

// npm makes commands executable when it links them; `npx` in a clone links them once, not after each build.
for (const name of Object.keys(commands)) chmodSync(join(folder, `${name}.cjs`), 0o755);
