import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bucketQuantile } from '../../src/core/quantile.ts';
import { HistogramTable } from '../../src/decode/exposed-histogram.ts';
import { readExposition } from '../../src/decode/exposition-reader.ts';
import { describeWith } from '../support/servers/binaries.ts';
import { type RunningPrometheus, startPrometheus } from '../support/servers/prometheus.ts';

/** Cumulative counts by bound. */
const cases: Record<string, readonly (readonly [le: string, count: number])[]> = {
  usual: [
    ['0.005', 3],
    ['0.01', 17],
    ['0.025', 131],
    ['0.05', 402],
    ['0.1', 577],
    ['0.25', 650],
    ['1', 661],
    ['+Inf', 664],
  ],
  fractions: [
    ['0.1', 0.1],
    ['0.2', 0.1 + 0.2],
    ['0.4', 0.7],
    ['+Inf', 0.7000000000000001],
  ],
  rounding: [
    ['1', 0.3],
    ['2', 0.1 + 0.2],
    ['+Inf', 0.1 + 0.2],
  ],
  almost: [
    ['1', 1e12],
    ['2', 1e12 + 1],
    ['4', 1e12 + 3e3],
    ['+Inf', 1e12 + 3e3],
  ],
  falling: [
    ['1', 10],
    ['2', 4],
    ['4', 30],
    ['+Inf', 20],
  ],
  all_above: [
    ['1', 0],
    ['2', 0],
    ['+Inf', 9],
  ],
  all_below: [
    ['1', 9],
    ['2', 9],
    ['+Inf', 9],
  ],
  negative: [
    ['-5', 3],
    ['-1', 10],
    ['0', 12],
    ['3', 20],
    ['+Inf', 21],
  ],
  empty: [
    ['1', 0],
    ['+Inf', 0],
  ],
  one: [['+Inf', 4]],
  without_inf: [
    ['1', 4],
    ['2', 7],
  ],
};
const quantiles = [0, 0.001, 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1];

const text = `# HELP x_seconds h
# TYPE x_seconds histogram
${Object.entries(cases)
  .flatMap(([name, buckets]) => buckets.map(([le, count]) => `x_seconds_bucket{case="${name}",le="${le}"} ${count}`))
  .join('\n')}
`;

/** 2.42 takes differences that only rounding made for real ones; ours is as 3.5. */
const differs: Record<string, readonly string[]> = { prometheus: ['fractions', 'rounding', 'almost'], prometheus3: [] };

describeWith(['prometheus', 'prometheus3'], "Prometheus's histogram_quantile", (paths) => {
  let exporter: Server;
  let running: Record<string, RunningPrometheus>;

  beforeAll(async () => {
    exporter = createServer((_request, response) => {
      response.setHeader('Content-Type', 'text/plain; version=0.0.4; charset=utf-8').end(text);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => exporter.once('listening', resolve));
    const targets = [`127.0.0.1:${(exporter.address() as AddressInfo).port}`];
    const start = (binary: string) => startPrometheus({ binary, targets });
    const [prometheus, prometheus3] = await Promise.all([start(paths.prometheus), start(paths.prometheus3)]);
    running = { prometheus, prometheus3 };
    await Promise.all(Object.values(running).map((server) => server.waitForScrapes(1)));
  });

  afterAll(async () => {
    await Promise.all(Object.values(running).map((server) => server.stop()));
    exporter.closeAllConnections();
    exporter.close();
  });

  test.each(['prometheus', 'prometheus3'])('%s says the same to the last bit', async (name) => {
    const { families } = await readExposition(Buffer.from(text));
    const family = families.get('x_seconds')!;
    const table = new HistogramTable();
    for (const sample of family.samples) table.add(family, sample);
    const ours = [...table.histograms(family)];
    for (const quantile of quantiles) {
      const theirs = await running[name]!.query(`histogram_quantile(${quantile}, x_seconds_bucket)`);
      const values = Object.fromEntries(theirs.map(({ labels, value }) => [labels.case!, value]));
      const expected = Object.fromEntries(
        ours.map(({ subject, buckets }) => [/case="(\w+)"/.exec(subject)![1], bucketQuantile(quantile, buckets)]),
      );
      for (const left of differs[name]!) {
        delete values[left];
        delete expected[left];
      }
      expect({ quantile, ...values }).toEqual({ quantile, ...expected });
    }
  });
});
