import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GrpcMetrics, type GrpcMetricsOptions } from '../../src/index.ts';
import { anyEvent, declareAll, linesOf, randomFrom } from './history.ts';

let folder: string;
const open: GrpcMetrics[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'books-'));
});
afterEach(async () => {
  for (const metrics of open.splice(0)) await metrics.close();
  rmSync(folder, { recursive: true, force: true });
});

const quiet = { warn: () => {} };

/** A process with a book in the folder; without a folder one that is alone. */
function start(options: GrpcMetricsOptions, processes?: { readonly folder: string }): GrpcMetrics {
  const metrics = new GrpcMetrics({ service: { name: 'shop' }, logger: quiet, ...options, processes });
  declareAll(metrics);
  open.push(metrics);
  return metrics;
}

const choices: [name: string, options: GrpcMetricsOptions][] = [
  ['the default', {}],
  ['all vocabularies', { naming: ['basic', 'go', 'grpc', 'otel'] }],
  [
    'details and attempts',
    { details: { messageSizes: true, streamMessages: true, streamDurations: true, deadlines: true } },
  ],
  ['labels of calls', { callLabels: { zone: 'eu', tenant: { from: () => 'x' } } }],
  ['bounds by method', { buckets: { default: [0.5, 1], 'shop.Feed': [1, 60] } }],
];
test.each(choices)('three processes show what one would show that had done it all: %s', async (_name, options) => {
  const random = randomFrom(1);
  const alone = start(options);
  const processes = [1, 2, 3].map(() => start(options, { folder }));
  for (let round = 0; round < 30; round += 1) {
    for (let events = 0; events < 10; events += 1) {
      const event = anyEvent(random);
      event(alone);
      event(processes[Math.floor(random() * 3)]!);
    }
    // What the others wrote at the end of their turn.
    await new Promise((resolve) => setImmediate(resolve));
    const reader = processes[round % 3]!;
    for (const naming of [undefined, 'basic', 'go', 'grpc', 'otel'] as const) {
      expect(await linesOf(reader, naming)).toEqual(await linesOf(alone, naming));
    }
  }
});
