import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = new URL('../src/page/', import.meta.url);

/** uPlot as it is published and minified: its own program minifies it better than esbuild does. It makes a global variable. */
const uplot = fileURLToPath(new URL('uPlot.iife.min.js', import.meta.resolve('uplot')));
const globalUplot = {
  name: 'uplot',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^uplot$/ }, () => ({ path: 'uplot', namespace: 'global' }));
    onLoad({ filter: /./, namespace: 'global' }, () => ({ contents: 'export default uPlot' }));
  },
};

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
    plugins: [globalUplot],
    target: ['es2023', 'chrome120', 'firefox120', 'safari17'],
  });
  const [script, style] = ['.js', '.css'].map((end) => outputFiles.find(({ path }) => path.endsWith(end)).text.trim());
  // The license is in the page as a whole.
  const library = (await readFile(uplot, 'utf8')).replace(/^\/\*.*?\*\/\s*/s, '').trim();
  const license = await readFile(new URL(import.meta.resolve('uplot/LICENSE')), 'utf8');
  return (await readFile(new URL('page.html', folder), 'utf8'))
    .replaceAll(/\n</g, '<')
    .replace('<!doctype html>', () => `<!doctype html>\n<!--\nThe script contains uPlot.\n\n${license}\n-->`)
    .replace('<style></style>', () => `<style>${style}</style>`)
    .replace('<script></script>', () => `<script>${(library + script).replaceAll('</script', '<\\/script')}</script>`);
}
