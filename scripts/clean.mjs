import { rmSync } from 'node:fs';

/** `rm -rf` that works on every platform: deletes the folders that are named as arguments. */
for (const folder of process.argv.slice(2)) rmSync(folder, { recursive: true, force: true });
