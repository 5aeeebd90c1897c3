import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const program = fileURLToPath(new URL('../src/http/users/thread-program.ts', import.meta.url));

/** bcryptjs makes salts with it, which the thread never does. */
const withoutCrypto = {
  name: 'without-crypto',
  setup(building) {
    building.onResolve({ filter: /^crypto$/ }, () => ({ path: 'crypto', namespace: 'empty' }));
    building.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'export default {};' }));
  },
};

/** Builds the code of the thread that compares passwords, with bcrypt in it: one text that needs no file. */
export async function buildPasswordThread() {
  const { outputFiles } = await build({
    entryPoints: [program],
    bundle: true,
    minify: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    legalComments: 'none',
    plugins: [withoutCrypto],
  });
  return outputFiles[0].text;
}
