import { copyFileSync, cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * usage: node scripts/bundle-demo.mjs FOLDER
 *
 * Bundles the demo and its clients with all that they need, for an image without `node_modules`. Needs `npm run build` before.
 */
const examples = fileURLToPath(new URL('../examples', import.meta.url));
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: node scripts/bundle-demo.mjs FOLDER');

// grpc-health-check looks for its definition two folders above its code.
const code = join(folder, 'build', 'src');
rmSync(folder, { recursive: true, force: true });
mkdirSync(code, { recursive: true });
await build({
  entryPoints: ['demo', 'demo-traffic'].map((name) => join(examples, `${name}.ts`)),
  outdir: code,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // grpc-js is CommonJS: it has these without asking.
  banner: {
    js: `import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const __dirname = import.meta.dirname;`,
  },
  logLevel: 'warning',
});
copyFileSync(join(examples, 'shop.proto'), join(code, 'shop.proto'));
const health = fileURLToPath(new URL('../node_modules/grpc-health-check/proto', import.meta.url));
cpSync(health, join(folder, 'proto'), { recursive: true });
