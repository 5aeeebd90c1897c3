import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';

/**
 * Writes the declarations of all entries into the folder: only what can be reached from an entry, each thing once.
 *
 * They describe the CommonJS files. The declarations for `import` re-export them, so that a class has one type.
 */
export async function declarations({ entries, folder }) {
  const built = await rolldown({
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    input: entries,
    platform: 'node',
    plugins: [dts({ emitDtsOnly: true, oxc: true, tsconfig: false })],
  });
  await built.write({
    dir: folder,
    format: 'es',
    entryFileNames: '[name].cts',
    chunkFileNames: '[name].cts',
    minifyInternalExports: false,
    codeSplitting: { groups: [{ name: 'library.d', test: /[\\/]src[\\/]index\.(?:d\.)?ts$/ }] },
  });
  await built.close();
  for (const name of Object.keys(entries)) {
    writeFileSync(join(folder, `${name}.d.mts`), `export * from './${name}.cjs';\n`);
  }
}
