import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.mjs';
import { declarations } from './declarations.mjs';
import { commands, entries, parts } from './entries.mjs';
import { buildPage } from './page.mjs';
import { buildThreads } from './threads.mjs';

/** Builds what the package ships, into `dist`. */
const folder = fileURLToPath(new URL('../dist', import.meta.url));

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
const page = await buildPage();
const threads = await buildThreads();
// For what runs from the sources; not published.
writeFileSync(join(folder, 'page.html'), page);
for (const [name, code] of Object.entries(threads)) writeFileSync(join(folder, `${name}.js`), code);
await bundle({ entries, parts, commands, page, threads, folder });
await declarations({ entries, folder });

const licenseBeside = (file) => readFileSync(new URL('LICENSE', import.meta.resolve(file)), 'utf8');
writeFileSync(
  join(folder, 'THIRD-PARTY-LICENSES.txt'),
  `The live page in page-file.cjs contains uPlot. The thread that compares passwords contains bcryptjs.
Nothing else here is of other projects.

uPlot

${licenseBeside('uplot/LICENSE')}
bcryptjs

${licenseBeside('bcryptjs')}`,
);

// npm makes commands executable when it links them; `npx` in a clone links them once, not after each build.
for (const name of Object.keys(commands)) chmodSync(join(folder, `${name}.cjs`), 0o755);
