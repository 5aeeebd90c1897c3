import { describe, expect, test } from 'vitest';
import { GrpcMetrics, MetricsError } from '../../src/index.ts';
import { faultsOf, foreignLines, libraries, type Registry, watched } from './libraries.ts';

type Library = (typeof libraries)[number][1];

const gauge = (library: Library, registry: Registry, name: string) =>
  new library.Gauge({ name, help: name, registers: [registry] });

function thrown(act: () => unknown): MetricsError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(MetricsError);
    return error as MetricsError; // as was just seen
  }
  throw new Error('it did not throw');
}

const body = async (metrics: GrpcMetrics) => String((await metrics.render()).body);

describe.each(libraries)('%s', (_name, library) => {
  test('a name that both sides have is an error of include, which then includes nothing', async () => {
    const registry = new library.Registry();
    gauge(library, registry, 'fine');
    gauge(library, registry, 'queue_length');
    const metrics = new GrpcMetrics();
    metrics.gauge({ name: 'queue_length', help: 'Queue' });
    expect(thrown(() => metrics.include(registry))).toMatchObject({
      code: 'metric_conflict',
      message:
        'the registry\'s "queue_length" cannot be included: the name "queue_length" is in use by "queue_length": ' +
        'rename one of the two, or keep one out of what is included',
    });
    expect(await body(metrics)).not.toContain('fine');
  });

  test('a name is in use as soon as a sample has it', () => {
    const registry = new library.Registry();
    gauge(library, registry, 'grpc_request_duration_seconds_count');
    expect(thrown(() => new GrpcMetrics().include(registry)).message).toContain(
      '"grpc_request_duration_seconds_count" is in use by "grpc_request_duration_seconds"',
    );
    const summaries = new library.Registry();
    void new library.Summary({ name: 'wait', help: 'Wait', registers: [summaries] });
    const metrics = new GrpcMetrics();
    metrics.gauge({ name: 'wait_sum', help: 'Sum' });
    expect(thrown(() => metrics.include(summaries)).message).toContain('"wait_sum" is in use by "wait_sum"');
  });

  test('a metric of ours is not declared under a name of an included registry', async () => {
    const registry = new library.Registry();
    const metrics = new GrpcMetrics().include(registry);
    gauge(library, registry, 'queue_length');
    expect(thrown(() => metrics.gauge({ name: 'queue_length', help: 'Queue' }))).toMatchObject({
      code: 'metric_conflict',
      message:
        'gauge "queue_length" cannot be declared: the name "queue_length" is in use by ' +
        '"queue_length" of an included registry: choose another name',
    });
    expect(foreignLines(await body(metrics))).toContain('queue_length 0');
    registry.removeSingleMetric('queue_length');
    expect(() => metrics.gauge({ name: 'queue_length', help: 'Queue' })).not.toThrow();
  });

  test('a name that comes later is left out of the scrape, counted and said', async () => {
    const registry = new library.Registry();
    const { metrics, said } = watched();
    metrics.gauge({ name: 'queue_length', help: 'Ours' }).set(7);
    metrics.include(registry);
    gauge(library, registry, 'queue_length').set(9);
    gauge(library, registry, 'fine').set(1);
    const first = await body(metrics);
    expect(first).toContain('queue_length 7\n');
    expect(first).not.toContain('queue_length 9');
    expect(first).toContain('fine 1\n');
    expect(faultsOf(first)).toBe(1);
    expect(faultsOf(await body(metrics))).toBe(2);
    expect(said).toEqual(['include: "queue_length": left out, as the name "queue_length" is in use by "queue_length"']);
  });

  test('two registries must not share a name either', async () => {
    const [a, b] = [new library.Registry(), new library.Registry()];
    gauge(library, a, 'shared').set(1);
    gauge(library, b, 'shared').set(2);
    expect(thrown(() => new GrpcMetrics().include(a).include(b))).toMatchObject({
      code: 'metric_conflict',
      message: expect.stringContaining('in use by "shared" of a registry that is included already'),
    });

    const [c, d] = [new library.Registry(), new library.Registry()];
    const { metrics, said } = watched();
    metrics.include(c).include(d);
    gauge(library, d, 'late').set(2);
    expect(foreignLines(await body(metrics))).toContain('late 2\n');
    gauge(library, c, 'late').set(1);
    const text = await body(metrics);
    expect(text.match(/^late .*/gm)).toEqual(['late 1']);
    expect(said).toEqual([expect.stringContaining('"late" is in use by "late" of another registry')]);
  });

  test('a gauge and a counter of one registry may differ by _total alone', async () => {
    const registry = new library.Registry();
    gauge(library, registry, 'requests').set(1);
    new library.Counter({ name: 'requests_total', help: 'Requests', registers: [registry] }).inc(2);
    const { metrics, said } = watched();
    expect(foreignLines(await body(metrics.include(registry)))).toContain('requests 1\n');
    expect(await body(metrics)).toContain('requests_total 2\n');
    expect(said).toEqual([]);
  });

  test('registering is all or nothing', () => {
    const registry = new library.Registry();
    gauge(library, registry, 'grpc_vitals_scrape_size_bytes');
    expect(thrown(() => new GrpcMetrics().registerInto(registry))).toMatchObject({
      code: 'metric_conflict',
      message:
        '"grpc_vitals_scrape_size_bytes" cannot be registered: the name "grpc_vitals_scrape_size_bytes" is in use by ' +
        'the registry\'s "grpc_vitals_scrape_size_bytes": rename one of the two, or take theirs out of the registry',
    });
    expect(registry.getMetricsAsArray()).toHaveLength(1);

    const breaking: Registry = new library.Registry();
    const register = breaking.registerMetric.bind(breaking);
    breaking.registerMetric = (metric) => {
      if (breaking.getMetricsAsArray().length === 3) throw new Error('full');
      register(metric);
    };
    expect(() => new GrpcMetrics().registerInto(breaking)).toThrow('full');
    expect(breaking.getMetricsAsArray()).toEqual([]);
  });

  test('a metric of ours is not declared under a name of a registry that ours are in', () => {
    const registry = new library.Registry();
    const metrics = new GrpcMetrics().registerInto(registry);
    void new library.Histogram({ name: 'wait_seconds', help: 'Wait', registers: [registry] });
    expect(thrown(() => metrics.gauge({ name: 'wait_seconds_sum', help: 'Sum' }))).toMatchObject({
      code: 'metric_conflict',
      message: expect.stringContaining('"wait_seconds" of a registry that these metrics are registered into'),
    });
    expect(registry.getSingleMetric('wait_seconds_sum')).toBeUndefined();
    // And theirs is not made under a name of ours: that is their own check.
    metrics.gauge({ name: 'queue_length', help: 'Queue' });
    expect(() => gauge(library, registry, 'queue_length')).toThrow('already been registered');
  });

  test.each(['include', 'registerInto'] as const)('%s says what to do about two sets of runtime metrics', (taker) => {
    const registry = new library.Registry();
    library.collectDefaultMetrics({ register: registry });
    expect(thrown(() => new GrpcMetrics({ runtime: true })[taker](registry))).toMatchObject({
      code: 'metric_conflict',
      message: expect.stringMatching(
        /"process_cpu_seconds_total".*: leave out the option `runtime` where a registry has collectDefaultMetrics$/,
      ),
    });
  });

  test.each(['include', 'registerInto'] as const)(
    '%s says to rename a metric that only looks like one of the process',
    (taker) => {
      const registry = new library.Registry();
      gauge(library, registry, 'process_orders');
      const metrics = new GrpcMetrics();
      metrics.gauge({ name: 'process_orders', help: 'Orders' });
      expect(thrown(() => metrics[taker](registry))).toMatchObject({
        code: 'metric_conflict',
        message: expect.stringMatching(/"process_orders".*: rename one of the two, /),
      });
    },
  );
});

const registryOf = 'a registry of prom-client or @prometheus-io/client, such as its `register`, not';
const wrong: [name: string, given: unknown, message: string][] = [
  ['nothing', undefined, `${registryOf} undefined`],
  ['null', null, `${registryOf} null`],
  ['text', 'register', `${registryOf} register`],
  [
    'the library itself',
    libraries[0]![1],
    `${registryOf} [object Module] without getMetricsAsArray, getMetricsAsJSON, getSingleMetric, registerMetric, removeSingleMetric`,
  ],
  [
    'a part',
    { getMetricsAsArray: () => [], getMetricsAsJSON: 5 },
    `${registryOf} [object Object] without getMetricsAsJSON, `,
  ],
  ['ours', new GrpcMetrics(), `${registryOf} [object Object] without `],
];
describe.each(['include', 'registerInto'] as const)('%s refuses', (taker) => {
  test.each(wrong)('%s', (_name, given, message) => {
    expect(thrown(() => new GrpcMetrics()[taker](given as never))).toMatchObject({
      code: 'invalid_option',
      message: expect.stringContaining(`${taker} takes ${message}`),
    });
  });
});

test.each([0, 61, -1, NaN, '1', null])('include refuses a timeout of %s', (timeout) => {
  const shown = typeof timeout === 'string' ? JSON.stringify(timeout) : String(timeout);
  const registry = new libraries[0]![1].Registry();
  expect(thrown(() => new GrpcMetrics().include(registry, { timeoutSeconds: timeout as number }))).toMatchObject({
    code: 'invalid_option',
    message: `timeoutSeconds of include() must be a number from 0.001 to 60, not ${shown}`,
  });
});

test('registerInto refuses an aggregator that does not exist', () => {
  const registry = new libraries[0]![1].Registry();
  const aggregators = { queue_length: 'median' as 'sum' };
  expect(thrown(() => new GrpcMetrics().registerInto(registry, { aggregators })).code).toBe('invalid_option');
  expect(registry.getMetricsAsArray()).toEqual([]);
});
