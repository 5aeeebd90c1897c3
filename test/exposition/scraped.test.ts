import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { negotiate } from '../../src/serve/negotiate.ts';
import { describeWith, serverVersion } from '../servers/binaries.ts';
import { startPrometheus } from '../servers/prometheus.ts';
import { acceptHeaders, type Scraper } from './accept-headers.ts';
import { everything } from './sample.ts';

interface Row {
  readonly scraper: Scraper;
  readonly server: 'prometheus' | 'prometheus3';
  readonly native?: boolean;
  /** Of the scrape configuration. */
  readonly protocols?: readonly string[];
  readonly exemplars: readonly string[];
}

const rows: readonly Row[] = [
  { scraper: 'Prometheus 2.42', server: 'prometheus', exemplars: ['4bf92f', 'a', 'c'] },
  {
    scraper: 'Prometheus 2.42 with native histograms',
    server: 'prometheus',
    native: true,
    // It keeps one of each native histogram.
    exemplars: ['4bf92f', 'a'],
  },
  { scraper: 'Prometheus 3.5', server: 'prometheus3', exemplars: ['4bf92f', 'a', 'c'] },
  {
    scraper: 'Prometheus 3.5 with native histograms',
    server: 'prometheus3',
    native: true,
    exemplars: ['4bf92f', 'a', 'c'],
  },
  {
    scraper: 'Prometheus 3.5 told to ask for text',
    server: 'prometheus3',
    protocols: ['PrometheusText1.0.0', 'PrometheusText0.0.4'],
    exemplars: [],
  },
];

describeWith(['prometheus', 'prometheus3'], 'Prometheus scrapes what it asks for', (paths) => {
  let exporter: Server;
  let target: string;
  /** The Accept headers by path. */
  const asked = new Map<string | undefined, string | undefined>();

  beforeAll(async () => {
    exporter = createServer(({ url, headers }, response) => {
      asked.set(url, headers.accept);
      const { contentType, encode } = negotiate(headers.accept);
      response.setHeader('Content-Type', contentType);
      for (const part of encode(everything)) response.write(part);
      response.end();
    }).listen(0, '127.0.0.1');
    await once(exporter, 'listening');
    target = `127.0.0.1:${(exporter.address() as AddressInfo).port}`; // it listens on a port
  });

  afterAll(() => {
    exporter.closeAllConnections();
    exporter.close();
  });

  test.concurrent.each(rows)('$scraper', async ({ scraper, server, native = false, protocols, exemplars }) => {
    const path = `/${rows.findIndex((row) => row.scraper === scraper)}`;
    const features = ['exemplar-storage', ...(native ? ['native-histograms'] : [])];
    const job = { job_name: 'test', metrics_path: path, static_configs: [{ targets: [target] }] };
    const prometheus = await startPrometheus({
      binary: paths[server],
      config: { scrape_configs: [protocols === undefined ? job : { ...job, scrape_protocols: protocols }] },
      flags: [`--enable-feature=${features.join(',')}`],
    });
    try {
      await prometheus.waitForScrapes(1);
      const value = async (expr: string) => (await prometheus.query(expr)).map((sample) => sample.value);
      // A version that stands in for the wanted one may ask in other words.
      if (scraper.includes(` ${serverVersion(server)?.replace(/\.\d+$/, '')}`)) {
        expect(asked.get(path)).toBe(acceptHeaders[scraper]);
      }

      expect(await value('sort(jobs_total)')).toEqual([2.5, 1e6]);
      expect(await value('queue_bytes')).toEqual([-1.5]);
      expect(await value('oddities{is="inf"}')).toEqual([Infinity]);
      const count = native ? 'histogram_count(work_seconds)' : 'work_seconds_count';
      expect(await value(`sort(${count})`)).toEqual([0, 2 ** 40 + 4]);
      const sum = native ? 'histogram_sum(work_seconds)' : 'work_seconds_sum';
      expect(await value(`sort(${sum})`)).toEqual([0, 17]);
      if (native) {
        // Bucket -3 of schema 3 ends at 2^(-3/8); what is up to there is 3 of 2^40 + 4.
        const fraction = `histogram_fraction(-Inf, ${2 ** (-3 / 8)}, work_seconds{kind="a"})`;
        expect((await value(fraction))[0]! * (2 ** 40 + 4)).toBeCloseTo(3, 3);
      } else {
        expect(await value('sort(work_seconds_bucket{kind="a"})')).toEqual([0, 3, 4, 2 ** 40 + 4]);
      }
      expect(await traces(prometheus.url)).toEqual(exemplars);
    } finally {
      await prometheus.stop();
    }
  });
});

interface StoredExemplars {
  readonly data: readonly { readonly exemplars: readonly { readonly labels: { readonly trace_id: string } }[] }[];
}

/** The traces that its stored exemplars name, sorted. */
async function traces(url: string): Promise<string[]> {
  const query = new URLSearchParams({ query: '{job="test"}', start: '1699999000', end: '1700001000' });
  const response = await fetch(`${url}/api/v1/query_exemplars?${query.toString()}`);
  const { data } = (await response.json()) as StoredExemplars; // Prometheus's API
  return data.flatMap((series) => series.exemplars.map(({ labels }) => labels.trace_id)).sort();
}
