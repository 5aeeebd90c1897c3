import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { createChunks } from './chunks.mjs';
import { threadsInside } from './threads.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Writes the implementation of all entries and commands into the folder: CommonJS, and for each entry an ES module
 * that re-exports its names. `docs/decisions/0015-one-commonjs-copy.md` says why.
 *
 * `parts` are CommonJS alone: an entry requires them.
 *
 * What `index` needs is `library.cjs` and `metrics.cjs`. Whatever else two entries share is in a file that both require.
 * So no code is there twice, and the classes and the state of all entries are the same. No two files require each other:
 * rollup warns its user of circles.
 *
 * `page` is the text of the live page, and `threads` the code of each thread, by name.
 */
export async function bundle({ entries, parts, commands, page, threads, folder }) {
  const chunks = createChunks(/[\\/]src[\\/]index\.ts$/);
  const built = await rolldown({
    cwd: root,
    input: { ...entries, ...parts, ...commands },
    platform: 'node',
    external: optionalPeers,
    plugins: [pageInside(page), threadsInside(threads), processesLate, requiredLate(parts), chunks.plugin],
    checks: { bundlerTimings: false }, // a busy machine is no mistake
    onLog: (_level, { message }) => {
      throw new Error(message);
    },
  });
  const { output } = await built.generate({
    format: 'cjs',
    strict: true, // as ES modules are
    exports: 'named',
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name].cjs',
    dynamicImportInCjs: false, // Jest has no import() in CommonJS
    comments: { jsdoc: false }, // the declarations have them
    codeSplitting: { groups: chunks.groups },
  });
  await built.close();
  mkdirSync(folder, { recursive: true });
  for (const { fileName, code: written, exports, isEntry, name } of output) {
    const code = builtinsWithoutRequire(inAscii(written));
    const [foreign] = needsItsPlace.exec(code.replaceAll('require("yaml")', '')) ?? [];
    if (foreign !== undefined) throw new Error(`${fileName} contains ${foreign}, which few bundles can have`);
    writeFileSync(join(folder, fileName), code);
    if (isEntry && name in entries) writeFileSync(join(folder, `${name}.mjs`), esModule(name, exports));
  }
}

/** Packages that are loaded late, only where the user has them. */
const optionalPeers = /^@nestjs\//;

/** What works only beside the files or the packages that are there where it was built. */
const needsItsPlace =
  /\bimport\.meta\b|\b__(?:file|dir)name\b|\brequire\((?!"(?:\.\/[\w-]+\.cjs|@nestjs\/[^"]+)"\))[^)]*\)/;

/** The live page as a module, in place of the one that reads a file. */
const pageInside = (page) => ({
  name: 'page',
  load: {
    filter: { id: /[\\/]src[\\/]live[\\/]page-file\.ts$/ },
    handler: () => {
      const text = brotliCompressSync(page).toString('base64');
      return `export const readPage = () => Buffer.from('${text}', 'base64');`;
    },
  },
});

/** What requires the part for several processes, in place of the module that imports it. */
const processesLate = {
  name: 'processes late',
  load: {
    filter: { id: /[\\/]src[\\/]late-processes\.ts$/ },
    handler: () => "export const loadProcesses = () => require('./processes.ts');",
  },
};

/** What is required when it is needed: parts, which are files of their own, and the user's package `yaml`. */
const requiredLate = (parts) => ({
  name: 'required late',
  resolveId: {
    filter: { id: /^yaml$|\.ts$/ },
    handler: (id, importer, { kind }) => {
      if (kind !== 'require-call') return null;
      if (id === 'yaml') return { id, external: true };
      const path = join(dirname(importer), id);
      const [name] = Object.keys(parts).filter((part) => join(root, parts[part]) === path);
      return name === undefined ? null : { id: `./${name}.cjs`, external: true };
    },
  },
});

/** An ES module that esbuild makes of a service and this package has no `require`. Node has this since 20.16. */
const builtinsWithoutRequire = (code) => code.replace(/\brequire\(("node:[^"]+")\)/g, 'process.getBuiltinModule($1)');

/** One character beyond Latin-1 makes V8 keep the whole file with two bytes for each. */
const inAscii = (code) =>
  code.replace(/[^\0-\x7f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

const esModule = (name, exports) => `// The same copy for \`import\` and \`require\`.
${exports.length === 0 ? 'import' : `export { ${exports.join(', ')} } from`} './${name}.cjs';
`;
