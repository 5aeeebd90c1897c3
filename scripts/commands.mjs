import { chmodSync, readFileSync } from 'node:fs';

/** Makes the package's commands executable: npm does so when it links them, and `npx` in a clone links them once, not after each build. */
const { bin } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
for (const path of Object.values(bin)) chmodSync(new URL(`../${path}`, import.meta.url), 0o755);
