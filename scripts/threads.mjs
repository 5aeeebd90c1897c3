import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';

/** The programs of threads: the name of each in `dist`, and its source. `NAME-code.ts` is the module that has its code. */
const programs = {
  'password-thread': 'src/http/users/password-thread-program.ts',
  'endpoint-thread': 'src/thread/endpoint-thread-program.ts',
};

/** bcryptjs makes salts with it, which the thread never does. */
const withoutCrypto = {
  name: 'without-crypto',
  setup(building) {
    building.onResolve({ filter: /^crypto$/ }, () => ({ path: 'crypto', namespace: 'empty' }));
    building.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'export default {};' }));
  },
};

/** What the thread that starts another thread hands over, so that it is not in the package twice. */
const handedOver = {
  name: 'handed-over',
  setup(building) {
    const given = (name, member) =>
      `import { workerData } from 'node:worker_threads'; export const ${name} = () => workerData.${member};`;
    building.onLoad({ filter: /[\\/]src[\\/]live[\\/]page-file\.ts$/ }, () => ({
      contents: given('readPage', 'page'),
    }));
    building.onLoad({ filter: /[\\/]password-thread-code\.ts$/ }, () => ({
      contents: given('readThreadCode', 'passwordThread'),
    }));
  },
};

/** Builds the code of each thread, by name: one text that needs no file. */
export async function buildThreads() {
  const threads = {};
  for (const [name, program] of Object.entries(programs)) {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL(`../${program}`, import.meta.url))],
      bundle: true,
      minify: true,
      write: false,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      legalComments: 'none',
      plugins: [withoutCrypto, handedOver],
    });
    threads[name] = outputFiles[0].text;
  }
  return threads;
}

/** The code of each thread as a module, in place of the one that reads a file; for rolldown. */
export const threadsInside = (threads) => ({
  name: 'threads',
  load: {
    filter: { id: /[\\/][a-z]+-thread-code\.ts$/ },
    handler: (id) => {
      const [, name] = /([a-z]+-thread)-code\.ts$/.exec(id);
      const text = brotliCompressSync(threads[name]).toString('base64');
      return `import { brotliDecompressSync } from 'node:zlib';
        export const readThreadCode = () => brotliDecompressSync(Buffer.from('${text}', 'base64')).toString();`;
    },
  },
});
