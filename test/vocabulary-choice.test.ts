import { beforeAll, describe, expect, test } from 'vitest';
import { GrpcMetrics, type GrpcMetricsOptions, type VocabularyName } from '../src/index.ts';
import { describeWith } from './support/servers/binaries.ts';
import { checkMetrics } from './support/servers/promtool.ts';

const [get, watch] = ['/shop.v1.Orders/Get', '/shop.v1.Orders/Watch'];
const definition = {
  Get: { path: get, requestStream: false, responseStream: false },
  Watch: { path: watch, requestStream: false, responseStream: true },
  Reserve: { path: '/shop.v1.Stock/Reserve', requestStream: false, responseStream: false },
};

/** A scrape after one call of each method that took no time. */
async function scrape(options: GrpcMetricsOptions, naming?: readonly VocabularyName[]): Promise<string> {
  const metrics = new GrpcMetrics(options).preregister(definition);
  return String((await metrics.render({ naming })).body);
}

/** The bounds of each method in a histogram, by what its labels say of the method. */
function boundsIn(text: string, histogram: string): Record<string, string> {
  const bounds: Record<string, string[]> = {};
  for (const [, labels, le] of text.matchAll(new RegExp(`^${histogram}_bucket\\{(.*),le="(.*)"\\}`, 'gm'))) {
    const method = /\w*method="\/?(?:[\w.]*\/)?(\w+)"/.exec(labels!)![1]!;
    bounds[method] = [...(bounds[method] ?? []), le!];
  }
  return Object.fromEntries(Object.entries(bounds).map(([method, all]) => [method, all.join(' ')]));
}

const buckets = { default: [0.1, 1], 'shop.v1.Orders': [0.5], 'shop.v1.Orders/Watch': [60, 3600] };
const scrapes: [
  name: string,
  options: GrpcMetricsOptions,
  naming: VocabularyName[],
  histogram: string,
  bounds: Record<string, string>,
][] = [
  [
    'by method, by service, and of the others',
    { buckets },
    [],
    'grpc_client_request_duration_seconds',
    { Get: '0.5 +Inf', Watch: '60 3600 +Inf', Reserve: '0.1 1 +Inf' },
  ],
  ['of the first message too', { buckets }, [], 'grpc_client_time_to_first_message_seconds', { Watch: '60 3600 +Inf' }],
  [
    'of each vocabulary apart',
    { buckets, naming: ['basic', { use: 'go', buckets: { default: [0.2, 1], 'shop.v1.Orders/Watch': [7] } }] },
    [],
    'grpc_client_handling_seconds',
    { Get: '0.2 1 +Inf', Watch: '7 +Inf', Reserve: '0.2 1 +Inf' },
  ],
  [
    'of one vocabulary, where another has more',
    { buckets, naming: ['basic', { use: 'go', buckets: { default: [0.2, 1], 'shop.v1.Orders/Watch': [7] } }] },
    [],
    'grpc_client_request_duration_seconds',
    { Get: '0.5 +Inf', Watch: '60 3600 +Inf', Reserve: '0.1 1 +Inf' },
  ],
  [
    'of a vocabulary that was not chosen: its own that are recorded, and all of a method with bounds of its own',
    { buckets },
    ['go'],
    'grpc_client_handling_seconds',
    { Get: '0.5 +Inf', Watch: '60 3600 +Inf', Reserve: '0.1 1 +Inf' },
  ],
  [
    'beside durations of streams',
    { buckets, details: { streamDurations: [5] } },
    [],
    'grpc_client_stream_duration_seconds',
    { Watch: '5 +Inf' },
  ],
];
test.each(scrapes)('buckets %s', async (_name, options, naming, histogram, bounds) => {
  expect(boundsIn(await scrape(options, naming), histogram)).toEqual(bounds);
});

test('buckets of basic without basic throw, as nobody would have them', () => {
  expect(() => new GrpcMetrics({ naming: ['go'], buckets: [1] })).toThrow('buckets are those of basic');
});

/** The families of calls in a scrape. */
const familiesOf = (text: string) =>
  Array.from(
    text.matchAll(/^# TYPE (grpc_(?!vitals|service|server_draining|server_certificate)\w+|rpc_\w+) (\w+)$/gm),
    ([, name, type]) => [name!, type!] as const,
  );

const choices: [name: string, options: GrpcMetricsOptions, isLeft: (name: string, type: string) => boolean][] = [
  [
    'without names',
    { naming: [{ use: 'basic', without: ['grpc_client_errors_total'] }] },
    (name) => name !== 'grpc_client_errors_total',
  ],
  ['without histograms', { naming: [{ use: 'basic', histograms: false }] }, (_name, type) => type !== 'histogram'],
  [
    'some metrics, without one of them',
    {
      naming: [
        {
          use: 'basic',
          metrics: ['grpc_client_errors_total', 'grpc_client_requests_total', 'grpc_client_request_duration_seconds'],
          without: ['grpc_client_errors_total'],
          histograms: false,
        },
      ],
    },
    (name) => name === 'grpc_client_requests_total',
  ],
];
describe('less of a vocabulary', () => {
  let whole: (readonly [name: string, type: string])[] = [];
  beforeAll(async () => {
    whole = familiesOf(await scrape({}));
    expect(whole.length).toBeGreaterThan(10);
  });

  test.each(choices)('%s', async (_name, options, isLeft) => {
    const left = familiesOf(await scrape(options));
    expect(left).toEqual(whole.filter(([name, type]) => isLeft(name, type)));
    expect(left.length).toBeGreaterThan(0);
  });

  test('names that are left out are free for the user', () => {
    const metrics = new GrpcMetrics({ naming: [{ use: 'basic', histograms: false }] });
    expect(() => metrics.gauge({ name: 'grpc_request_duration_seconds', help: 'x' })).not.toThrow();
  });

  test('a vocabulary of which nothing is left throws', () => {
    const naming = [{ use: 'otel', histograms: false }] as const;
    expect(() => new GrpcMetrics({ naming })).toThrow('no metric of "otel" is left');
  });

  test('a misspelt name gets a suggestion', () => {
    const naming = [{ use: 'basic', without: ['grpc_error_total'] }] as const;
    expect(() => new GrpcMetrics({ naming })).toThrow(
      'has no metric "grpc_error_total", did you mean "grpc_errors_total"?',
    );
  });
});

for (const binary of ['promtool', 'promtool3'] as const) {
  describeWith([binary], `a family whose series have different buckets, read by ${binary}`, (paths) => {
    test('is no mistake', async () => {
      const text = await scrape({ buckets });
      expect(boundsIn(text, 'grpc_client_request_duration_seconds')).toHaveProperty('Watch', '60 3600 +Inf');
      expect(await checkMetrics(paths[binary], text)).toEqual({ ok: true, output: '' });
    });
  });
}
