import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { type Endpoint, listen } from './endpoint.ts';

let endpoint: Endpoint | undefined;
afterEach(() => endpoint?.close());

/** An endpoint with so many samples of a counter, or of histograms, that never has its answer in memory as a whole. */
async function serve(samples: number, line: (index: number) => string, head: string): Promise<string> {
  endpoint = await listen((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).write(head);
    let index = 0;
    const send = () => {
      while (index < samples) {
        const end = Math.min(index + 1000, samples);
        let lines = '';
        for (; index < end; index += 1) lines += line(index);
        if (response.destroyed || !response.write(lines)) break;
      }
      if (index >= samples) response.end();
      else response.once('drain', send);
    };
    send();
  });
  return endpoint.url;
}

const labels = (index: number) => `path="/api/v1/items/${index}",method="GET",code="200",region="eu-west-1",zone="b"`;
const counter = (index: number) => `app_requests_total{${labels(index)}} ${index}\n`;
const bounds = ['0.1', '1', '+Inf'];
const bucket = (index: number) =>
  `app_seconds_bucket{${labels(Math.floor(index / 3))},le="${bounds[index % 3]}"} ${index % 3}\n`;

const gauge = (index: number) =>
  `# HELP app_${index}_x h\n# TYPE app_${index}_x gauge\napp_${index}_x{path="/api"} 1\n`;
const untyped = (index: number) => `app_${index}_x{${labels(index)}} 1\n`;
const lone = (index: number) =>
  `# HELP h_${index}_s h\n# TYPE h_${index}_s histogram\nh_${index}_s_bucket{le="+Inf"} 1\n`;

const answers: [name: string, heap: number, line: (index: number) => string, head: string, says: RegExp][] = [
  [
    'counters',
    32,
    counter,
    '# HELP app_requests_total h\n# TYPE app_requests_total counter\n',
    / 2 warnings in 1 family/,
  ],
  ['histograms', 32, bucket, '# HELP app_seconds h\n# TYPE app_seconds histogram\n', / 2 warnings in 1 family/],
  [
    'errors',
    32,
    (index) => counter(index).replace(/ \d+\n/, ' NaN\n'),
    '# TYPE app_requests_total counter\n',
    /200000 errors/,
  ],
  ['families', 128, gauge, '', / no problem in 200000 families/],
  ['families without metadata', 128, untyped, '', / 400000 warnings in 200000 families/],
  ['families of histograms', 128, lone, '', / in 200000 families/],
];
test.each(answers)(
  'an answer of 20 MB is checked with little memory: %s, with a heap of %i MB',
  async (_name, heap, line, head, says) => {
    const url = await serve(200_000, line, head);
    const run = promisify(execFile);
    const { stdout } = await run(
      process.execPath,
      [`--max-old-space-size=${heap}`, 'dist/cli.cjs', 'check', url, '--timeout', '60s'],
      { maxBuffer: 1e7 },
    ).catch((error: { stdout: string; stderr: string }) => error);
    expect(stdout).toMatch(says);
    expect(stdout).toContain('200000 samples');
  },
  60_000,
);
