import type { CallShape, Side } from '../../src/naming/call-shape.ts';
import { counter } from '../../src/naming/call-shape.ts';
import { collectorOf, durationsWithin, perMethod } from '../../src/naming/projection.ts';
import type { ProjectionOptions, Vocabulary, VocabularySide } from '../../src/naming/vocabulary.ts';
import type { MethodNumbers } from '../../src/rpc/methods/method-numbers.ts';
import type { CallNumbers } from '../../src/rpc/store-numbers.ts';

const codes = Array.from({ length: 17 }, (_, code) => String(code));

/** A made-up vocabulary: its statuses are numbers, and it has a label for the service and one for the method. */
export const fifth: Vocabulary<'fifth'> = {
  name: 'fifth',
  bounds: [0.03, 3],
  labels: ['svc', 'call', 'code'],
  reservedPrefixes: ['fifth_'],
  seesTargets: false,
  options: [],
  server: sideOf('server'),
  client: sideOf('client'),
};

function sideOf(side: Side): VocabularySide<CallNumbers> {
  const shape = {
    side,
    method: { serviceLabel: 'svc', methodLabel: 'call' },
    status: { label: 'code', codes },
    requests: counter(`fifth_${side}_calls_total`),
    durations: `fifth_${side}_call_seconds`,
    inFlight: `fifth_${side}_calls_running`,
    startsAtZero: false,
  } satisfies CallShape;
  return { shape, project: (store, options) => project(shape, store, options) };
}

function project(
  shape: CallShape & { readonly inFlight: string },
  store: CallNumbers,
  options: ProjectionOptions = {},
) {
  const { bounds = store.bounds } = options;
  const read = durationsWithin(store, bounds);
  return collectorOf([
    {
      name: shape.requests.family,
      type: 'counter',
      help: 'Calls',
      read: () =>
        perMethod(store, (method) =>
          codes.flatMap((name, code) => {
            const outcome = method.outcome(code);
            if (outcome === undefined) return [];
            return [{ labels: { ...labelsOf(method), code: name }, value: outcome.durations.count }];
          }),
        ),
    },
    {
      name: shape.durations,
      type: 'histogram',
      help: 'Durations',
      read: () => perMethod(store, (method) => [read(method, labelsOf(method))]),
    },
    {
      name: shape.inFlight,
      type: 'gauge',
      help: 'Running calls',
      read: () => perMethod(store, (method) => [{ labels: labelsOf(method), value: method.inFlight }]),
    },
  ]);
}

function labelsOf({ path, labels }: MethodNumbers) {
  const [, svc = 'unknown', call = path] = path.split('/');
  return { svc, call, ...labels };
}
