import type { CallRole, Hello, RuntimeRole } from '../live/protocol.ts';
import type { Unit } from './format.ts';
import type { Model } from './model.ts';

export type Side = 'server' | 'client';

/** What the lines of a chart say of their series. */
export type Kind = 'number' | 'peak' | 'mean' | 'faults' | 'share' | 'p95';

/** What a chart shows. The charts of the page are a table of these. */
export interface Chart {
  readonly id: string;
  readonly title: string;
  readonly kind: Kind | 'quantiles';
  readonly unit: Unit;
  /** Families, by what their line is called. */
  readonly families: Readonly<Record<string, string | undefined>>;
  /** The label whose values are a line each, `*` for all labels. Without it a family is one line. */
  readonly by?: string | undefined;
  /** Which series it shows, where not all: calls of the server's own methods, calls that did not end OK, or errors with the class of an exception. */
  readonly only?: 'served' | 'failed' | 'exceptions';
  /** PromQL, by what it is called. */
  readonly queries: Readonly<Record<string, string | undefined>>;
  readonly help?: string;
  /** What to say where there is no line. */
  readonly none?: string;
}

/** Quantiles of a chart, by the names of their lines. */
export const quantileNames: Readonly<Record<string, number>> = { P50: 0.5, P95: 0.95, P99: 0.99 };

type Entry = [
  id: string,
  title: string,
  kind: Chart['kind'],
  unit: Unit,
  families: Chart['families'],
  more?: Pick<Chart, 'by' | 'only' | 'none'>,
];

/** The charts of a side's calls. */
export function callCharts(model: Model, side: Side): Chart[] {
  const { labels, queries } = model.hello!;
  const family = (role: CallRole) => model.nameOf(`${side}.${role}`);
  const failed = { by: labels.status, only: 'failed', none: 'No error and no cancellation in this time' } as const;
  return charts(queries, side, [
    ['faults', 'Server faults', 'faults', '%', { 'of all calls': family('requests') }, { only: 'served' }],
    ['rate', 'Calls by method', 'number', '/s', { '': family('requests') }, { by: labels.method }],
    ['latency', 'Duration', 'quantiles', 's', { '': family('durations') }],
    ['status', 'Errors and cancellations', 'number', '/s', { '': family('requests') }, failed],
    ['inFlight', 'In flight', 'number', '', { calls: family('inFlight') }],
    ['streams', 'Open streams', 'number', '', { '': family('streams') }, { by: labels.method }],
    ['connections', 'Connections', 'number', '', { open: family('connections') }],
    ['messages', 'Messages', 'number', '/s', { received: family('received'), sent: family('sent') }],
    ['retries', 'Retries', 'number', '/s', { retries: family('retries') }],
    ['channels', 'Channels', 'number', '', { '': family('channels') }, { by: labels.state }],
    [
      'exceptions',
      'Exceptions',
      'number',
      '/s',
      { '': family('errors') },
      { by: labels.errorType, only: 'exceptions' },
    ],
  ]);
}

/** The charts of the process. */
export function runtimeCharts(model: Model): Chart[] {
  const family = (role: RuntimeRole) => model.nameOf(`runtime.${role}`);
  const lag = { mean: family('loopDelayMean'), P99: family('loopDelayP99'), max: family('loopDelayMax') };
  const memory = { resident: family('residentMemory'), heap: family('heapTotal'), 'heap used': family('heapUsed') };
  // Of several processes each is a line.
  const each = { by: 'worker' };
  return charts(model.hello!.queries, 'runtime', [
    ['lag', 'Event loop delay', 'peak', 's', lag, each],
    ['busy', 'CPU', 'number', '%', { 'of one core': family('cpu') }, each],
    ['loop', 'Event loop utilization', 'mean', '%', { 'of the time': family('loopUtilization') }],
    ['memory', 'Memory', 'number', 'B', memory, each],
    ['gc', 'Garbage collection', 'share', '%', { '': family('garbageCollection') }, { by: 'kind' }],
  ]);
}

function charts(queries: Hello['queries'], section: string, entries: readonly Entry[]): Chart[] {
  return entries.map(([name, title, kind, unit, families, more]) => {
    const id = `${section}.${name}`;
    const keys: [string, string][] =
      kind === 'quantiles'
        ? Object.keys(quantileNames).map((quantile) => [quantile, `${section}.${quantile.toLowerCase()}`])
        : [['PromQL', id]];
    const asked = Object.fromEntries(keys.map(([say, key]) => [say, queries[key]]));
    return { id, title, kind, unit, families, ...more, queries: asked };
  });
}
