import type { Collector } from '../../core/registry.ts';
import type { Labels, LiveFamily, NumberSeries } from '../../core/snapshot.ts';
import type { MethodNumbers } from '../../rpc/methods/method-numbers.ts';
import { unknownMethod } from '../../rpc/server-store.ts';
import type { CallStore } from '../../rpc/store.ts';
import { durationsByStatus, durationsWithin, type LabelsOf, perMethod } from '../projection.ts';

/** The same names on both sides, in the order in which they are written; help texts are ours. */
const families = (side: 'server' | 'client') =>
  ({
    started: { name: `grpc_${side}_started_total`, type: 'counter', help: 'RPCs that started' },
    handled: { name: `grpc_${side}_handled_total`, type: 'counter', help: 'RPCs that ended by code' },
    received: { name: `grpc_${side}_msg_received_total`, type: 'counter', help: 'Messages of RPCs received' },
    sent: { name: `grpc_${side}_msg_sent_total`, type: 'counter', help: 'Messages of RPCs sent' },
    handling: { name: `grpc_${side}_handling_seconds`, type: 'histogram', help: 'Duration of RPCs' },
  }) as const;

/** The names of a side's families, without a namespace. */
export function goNames(
  side: 'server' | 'client',
): Readonly<Record<'started' | 'handled' | 'received' | 'sent' | 'handling', string>> {
  const { started, handled, received, sent, handling } = families(side);
  return {
    started: started.name,
    handled: handled.name,
    received: received.name,
    sent: sent.name,
    handling: handling.name,
  };
}

/** `prometheus.DefBuckets` of client_golang, in seconds. */
export const goBounds: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** In this order they are written, as client_golang does: sorted. */
export const goLabels: readonly string[] = ['grpc_code', 'grpc_method', 'grpc_service', 'grpc_type'];

/** gRPC's codes by number, as `codes.Code.String()` of grpc-go spells them. */
export const goCodes: readonly string[] = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
];

export interface GoOptions {
  /** `grpc_code` on `handling_seconds` too: one histogram for each code that occurred. */
  readonly codeOnDurations?: boolean | undefined;
}

/**
 * The names of go-grpc-prometheus and of go-grpc-middleware's provider, server side: what public dashboards and alerts speak.
 *
 * A method has all its series from the start, each of the 17 codes among them. Calls to methods that the server does not
 * have are left out, as there: grpc-go answers them before an interceptor sees them.
 */
export function goServer(store: CallStore, bounds?: readonly number[], options?: GoOptions): Collector {
  const isKnown = ({ path }: MethodNumbers) => path !== unknownMethod;
  return collector('server', store, (method) => (isKnown(method) ? allCodes : undefined), bounds, options);
}

/** The client side of the same: a code has a series from its first call on. */
export function goClient(store: CallStore, bounds?: readonly number[], options?: GoOptions): Collector {
  const occurred = (method: MethodNumbers) => allCodes.filter((code) => method.outcome(code) !== undefined);
  return collector('client', store, occurred, bounds, options);
}

/** `codesOf` gives the codes that have a series of `handled_total`; undefined where the method has no series at all. */
function collector(
  side: 'server' | 'client',
  store: CallStore,
  codesOf: (method: MethodNumbers) => readonly number[] | undefined,
  bounds: readonly number[] = store.bounds,
  { codeOnDurations = false }: GoOptions = {},
): Collector {
  const { started, handled, received, sent, handling } = families(side);
  const read = durationsWithin(store, bounds);
  const series = <Series>(of: (method: MethodNumbers, labels: Labels, codes: readonly number[]) => readonly Series[]) =>
    perMethod(store, (method) => {
      const codes = codesOf(method);
      return codes === undefined ? [] : of(method, labelsOf(method), codes);
    });
  const counter = (count: (method: MethodNumbers) => number) =>
    series((method, labels) => [{ labels, value: count(method), created: method.created }]);
  return {
    families: [started, handled, received, sent, handling],
    collect: (): LiveFamily[] => [
      { ...started, series: counter((method) => method.started) },
      { ...handled, series: series(handledSeries) },
      { ...received, series: counter((method) => method.messagesReceived) },
      { ...sent, series: counter((method) => method.messagesSent) },
      {
        ...handling,
        series: series((method, labels) =>
          codeOnDurations ? durationsByStatus(method, read, (code) => withCode(labels, code)) : [read(method, labels)],
        ),
      },
    ],
  };
}

function handledSeries(method: MethodNumbers, labels: Labels, codes: readonly number[]): NumberSeries[] {
  return codes.map((code) => {
    const outcome = method.outcome(code);
    const value = outcome?.durations.count ?? 0;
    return { labels: withCode(labels, code), value, created: method.created, exemplar: outcome?.exemplar };
  });
}

const allCodes: readonly number[] = Array.from(goCodes.keys());

/** Split as go-grpc-prometheus does; what is no path is a method of `unknown`, such as `other`, those beyond the limit of ours. */
const labelsOf: LabelsOf = ({ path, type = 'unknown', labels }) => {
  const [, service = 'unknown', method = path] = /^\/([^/]*)\/(.*)$/.exec(path) ?? [];
  return { grpc_method: method, grpc_service: service, grpc_type: type, ...labels };
};

function withCode(labels: Labels, code: number): Labels {
  return { grpc_code: goCodes[code]!, ...labels };
}
