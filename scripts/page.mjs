import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = new URL('../src/page/', import.meta.url);

/** Builds the live page: one file with its script, its styles and uPlot's license. Its policy allows both by their hashes. */
export async function buildPage() {
  const { outputFiles } = await build({
    entryPoints: ['main.ts', 'page.css'].map((name) => fileURLToPath(new URL(name, folder))),
    outdir: '/',
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    charset: 'utf8',
    legalComments: 'none',
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: true } }, // shorter
    target: ['es2023', 'chrome120', 'firefox120', 'safari17'],
  });
  const [script, style] = ['.js', '.css'].map((end) => outputFiles.find(({ path }) => path.endsWith(end)).text.trim());
  const license = await readFile(new URL(import.meta.resolve('uplot/LICENSE')), 'utf8');
  return (await readFile(new URL('page.html', folder), 'utf8'))
    .replaceAll(/\n</g, '<')
    .replace('<!doctype html>', () => `<!doctype html>\n<!--\nThe script contains uPlot.\n\n${license}\n-->`)
    .replace('<style></style>', () => `<style>${style}</style>`)
    .replace('<script></script>', () => `<script>${script.replaceAll('</script', '<\\/script')}</script>`);
}
