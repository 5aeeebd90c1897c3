import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { trimmedUplot } from './uplot.mjs';

/** Makes the live page: one file with its script and its styles, so that hashes are all that its policy allows. */
const folder = new URL('../src/page/', import.meta.url);
const file = process.argv[2] ?? fileURLToPath(new URL('../dist/page.html', import.meta.url));

const { outputFiles } = await build({
  entryPoints: ['main.ts', 'page.css'].map((name) => fileURLToPath(new URL(name, folder))),
  outdir: '/',
  alias: { uplot: 'uplot/dist/uPlot.esm.js' },
  plugins: [trimmedUplot],
  bundle: true,
  minify: true,
  write: false,
  format: 'iife',
  charset: 'utf8',
  legalComments: 'none',
  target: ['es2023', 'chrome120', 'firefox120', 'safari17'],
});
const [script, style] = ['.js', '.css'].map((end) => outputFiles.find(({ path }) => path.endsWith(end)).text.trim());
const [, notice] = /(Copyright .*)/.exec(await readFile(new URL(import.meta.resolve('uplot/LICENSE')), 'utf8'));

const html = (await readFile(new URL('page.html', folder), 'utf8'))
  .replace('<!doctype html>', `$&<!-- uPlot: MIT License, ${notice}; shortened -->`)
  .replaceAll(/\n</g, '<')
  .replace('<style></style>', () => `<style>${style}</style>`)
  .replace('<script></script>', () => `<script>${script.replaceAll('</script', '<\\/script')}</script>`);
await mkdir(dirname(file), { recursive: true });
await writeFile(file, html);
