import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Load } from './import-one.ts';

/** The first is what the others are compared with. */
const libraries = ['prom-client', '@prometheus-io/client', 'grpc-vitals'];
/** With what each library comes: folders that `npm pack` would pack. */
const folders: Readonly<Record<string, readonly string[]>> = {
  'prom-client': ['prom-client', 'tdigest', 'bintrees', '@opentelemetry/api'].map((name) => `./node_modules/${name}`),
  'grpc-vitals': ['.'],
};
const rounds = 15;

/** What it takes to load each library, in a process of its own; and what is downloaded and installed. */
export async function imports(): Promise<void> {
  for (const beside of ['', '@grpc/grpc-js']) {
    for (const way of ['require', 'import']) {
      const where = beside === '' ? 'an empty process' : 'a process that has loaded grpc-js';
      console.log(
        `\nLoading by ${way} in ${where}; median of ${rounds} (range), and over ${libraries[0]}'s in a round`,
      );
      await table(way, beside);
    }
  }
  console.log('\nPackages with their dependencies, in kB');
  for (const [library, of] of Object.entries(folders)) console.log(`  ${library.padEnd(23)}${sizes(of)}`);
}

async function table(way: string, beside: string): Promise<void> {
  const measured = new Map<string, Load[]>(libraries.map((library) => [library, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const library of libraries) measured.get(library)!.push(await measure(library, way, beside));
  }
  const first = measured.get(libraries[0]!)!;
  console.log(
    `  ${''.padEnd(23)}${['milliseconds', 'heap, MB', 'resident, MB'].map((title) => title.padEnd(38)).join('')}`,
  );
  for (const [library, loads] of measured) {
    const column = (value: (load: Load) => number) => {
      const ratios = loads.map((load, round) => value(load) / value(first[round]!));
      return `${spread(loads.map(value))}  x ${spread(ratios)}`.padEnd(38);
    };
    const columns = [
      (load: Load) => load.milliseconds,
      (load: Load) => load.heap / 1e6,
      (load: Load) => load.resident / 1e6,
    ];
    console.log(`  ${library.padEnd(23)}${columns.map(column).join('').trimEnd()}`);
  }
}

function spread(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const [median, min, max] = [sorted[sorted.length >> 1]!, sorted[0]!, sorted.at(-1)!].map((value) =>
    value.toPrecision(3),
  );
  return `${median} (${min} to ${max})`;
}

async function measure(library: string, way: string, beside: string): Promise<Load> {
  const module = fileURLToPath(new URL('./import-one.js', import.meta.url));
  const child = fork(module, [library, way, beside], { execArgv: ['--expose-gc'], timeout: 30_000 });
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`${library} ended with ${code}`);
  });
  const [load] = (await Promise.race([once(child, 'message'), exited])) as [Load];
  await exited.catch(() => {}); // so that no two are measured at once
  return load;
}

function sizes(paths: readonly string[]): string {
  const packed = paths.map((path) => {
    const json = execFileSync('npm', ['pack', path, '--dry-run', '--json', '--ignore-scripts'], { encoding: 'utf8' });
    const [{ size, unpackedSize }] = JSON.parse(json) as [{ size: number; unpackedSize: number }]; // as npm prints it
    return [size, unpackedSize] as const;
  });
  const sum = (index: 0 | 1) => Math.round(packed.reduce((total, pair) => total + pair[index], 0) / 1000);
  return `${sum(0)} packed, ${sum(1)} unpacked`;
}
