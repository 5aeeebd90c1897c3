import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GrpcMetrics } from '../../src/metrics.ts';
import { negotiate } from '../../src/scrape/negotiate.ts';
import { acceptHeaders, type Scraper } from '../support/exposition/accept-headers.ts';
import { describeWith, serverVersion } from '../support/servers/binaries.ts';
import { startPrometheus } from '../support/servers/prometheus.ts';
import { startVictoriaMetrics } from '../support/servers/victoria-metrics.ts';
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

/** Every series of the job, but those that Prometheus makes itself; `le` as a number. */
async function seriesOf(url: string): Promise<string[]> {
  const response = await fetch(
    `${url}/api/v1/series?match[]=${encodeURIComponent('{job="test",__name__!~"up|scrape_.*"}')}`,
  );
  const { data } = (await response.json()) as { data: Record<string, string>[] }; // Prometheus's API
  return data.map((labels) => JSON.stringify(labels)).sort();
}

describeWith(['prometheus', 'prometheus3'], 'a format that changes', (paths) => {
  const switched: [server: 'prometheus' | 'prometheus3', renamed: RegExp | undefined][] = [
    // It keeps `1` of text and `1.0` of OpenMetrics apart.
    ['prometheus', /"(le|quantile)":"(\d+)(\.0)?"/],
    ['prometheus3', undefined],
  ];
  test.concurrent.each(switched)('%s has the same series from text and from OpenMetrics', async (server, renamed) => {
    const found: string[][] = [];
    for (const accept of ['text/plain;version=0.0.4', 'application/openmetrics-text;version=1.0.0']) {
      const { contentType, encode } = negotiate(accept);
      const exporter = createServer((_request, response) => {
        response.setHeader('Content-Type', contentType);
        for (const part of encode(everything)) response.write(part);
        response.end();
      }).listen(0, '127.0.0.1');
      await once(exporter, 'listening');
      const target = `127.0.0.1:${(exporter.address() as AddressInfo).port}`; // it listens on a port
      const prometheus = await startPrometheus({ binary: paths[server], targets: [target] });
      try {
        await prometheus.waitForScrapes(1);
        found.push((await seriesOf(prometheus.url)).map((series) => series.replace(target, 'target')));
      } finally {
        await prometheus.stop();
        exporter.close();
      }
    }
    const [text, openMetrics] = found;
    const numbered = (series: string) => (renamed === undefined ? series : series.replace(renamed, '"$1":"$2"'));
    expect(text!.length).toBeGreaterThan(10);
    expect(openMetrics!.map(numbered)).toEqual(text!.map(numbered));
    if (renamed !== undefined) expect(openMetrics).not.toEqual(text);
  });
});

describeWith(['prometheus', 'prometheus3'], 'a p95', (paths) => {
  const versions: ('prometheus' | 'prometheus3')[] = ['prometheus', 'prometheus3'];
  test.concurrent.each(versions)('of native buckets in %s is within a hundredth of the true one', async (server) => {
    const metrics = new GrpcMetrics({ nativeHistograms: true });
    const histogram = metrics.histogram({ name: 'latency_seconds', help: 'Latency' });
    const latencies = lognormal(50_000);
    for (const latency of latencies) histogram.observe(latency);
    const exact = latencies.sort((left, right) => left - right)[Math.floor(0.95 * latencies.length)]!;
    const endpoint = await metrics.expose({ port: 0, host: '127.0.0.1' });
    const p95 = async (flags: string[], expr: string) => {
      const targets = [`127.0.0.1:${endpoint.port}`];
      const prometheus = await startPrometheus({ binary: paths[server], targets, flags });
      try {
        await prometheus.waitForScrapes(1);
        return (await prometheus.query(expr))[0]!.value;
      } finally {
        await prometheus.stop();
      }
    };
    const [native, classic] = await Promise.all([
      p95(['--enable-feature=native-histograms'], 'histogram_quantile(0.95, latency_seconds)'),
      p95([], 'histogram_quantile(0.95, latency_seconds_bucket)'),
    ]);
    await endpoint.close();
    expect(Math.abs(native / exact - 1)).toBeLessThan(0.01);
    expect(Math.abs(classic / exact - 1)).toBeGreaterThan(0.15);
  });
});

/** Latencies in seconds, the same in each run: a median of 50 ms, long to the right. */
function lognormal(count: number): number[] {
  let state = 1;
  const random = () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  return Array.from({ length: count }, () => {
    const normal = Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
    return 0.05 * Math.exp(0.8 * normal);
  });
}

describeWith(['victoria-metrics'], 'VictoriaMetrics', ({ 'victoria-metrics': binary }) => {
  test('scrapes what it asks for', async () => {
    const metrics = new GrpcMetrics({ service: { name: 'shop', version: '1' } });
    metrics
      .counter({ name: 'jobs_total', help: 'Jobs', labelNames: ['kind'] })
      .labels({ kind: 'a "b" \\' })
      .inc(2.5);
    const waits = metrics.histogram({ name: 'wait_seconds', help: 'Waiting', buckets: [1, 2] });
    for (const seconds of [0.5, 1.5, 3]) waits.observe(seconds);
    const asked: (string | undefined)[] = [];
    const answer = metrics.handler();
    const exporter = createServer((request, response) => {
      asked.push(request.headers.accept);
      answer(request, response);
    }).listen(0, '127.0.0.1');
    await once(exporter, 'listening');
    const { port } = exporter.address() as AddressInfo; // it listens on a port
    const victoria = await startVictoriaMetrics(binary, `127.0.0.1:${port}`);
    try {
      expect(await victoria.eventually('jobs_total')).toMatchObject([{ value: 2.5, labels: { kind: 'a "b" \\' } }]);
      const buckets = await victoria.eventually('sort(wait_seconds_bucket)');
      expect(buckets.map(({ labels, value }) => [labels.le, value])).toEqual([
        ['1', 1],
        ['2', 2],
        ['+Inf', 3],
      ]);
      expect(await victoria.eventually('grpc_service_info')).toMatchObject([{ value: 1, labels: { service: 'shop' } }]);
      expect(asked[0]).toBe(acceptHeaders['VictoriaMetrics 1.79']);
    } finally {
      await victoria.stop();
      exporter.closeAllConnections();
      exporter.close();
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
