import type { Collector } from '../../core/registry.ts';
import type { Labels, NumberSeries } from '../../core/snapshot.ts';
import type { MethodNumbers } from '../../rpc/methods/method-numbers.ts';
import { unknownMethod } from '../../rpc/server-store.ts';
import { statusNames } from '../../rpc/status.ts';
import type { CallNumbers } from '../../rpc/store-numbers.ts';
import { type CallShape, counter, type Side } from '../call-shape.ts';
import {
  collectorOf,
  durationsByStatus,
  durationsWithin,
  type LabelsOf,
  type ProjectedFamily,
  perMethod,
} from '../projection.ts';
import type { ProjectionOptions, Vocabulary } from '../vocabulary.ts';

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

type GoShape = CallShape & Required<Pick<CallShape, 'started' | 'received' | 'sent'>>;

const server = shapeOf('server');
const client = shapeOf('client');

/**
 * The names of go-grpc-prometheus and of go-grpc-middleware's provider: public dashboards and alerts use them.
 * Help texts are ours.
 */
export const go: Vocabulary<'go'> = {
  name: 'go',
  // `prometheus.DefBuckets` of client_golang.
  bounds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  labels: ['grpc_code', 'grpc_method', 'grpc_path', 'grpc_service', 'grpc_type'],
  reservedPrefixes: ['grpc_'],
  seesTargets: false,
  options: ['codeOnDurations', 'niceGrpcLabels'],
  server: { shape: server, project: (store, options) => project(server, store, serverCodes, options) },
  client: { shape: client, project: (store, options) => project(client, store, clientCodes, options) },
};

function shapeOf(side: Side): GoShape {
  return {
    side,
    method: { serviceLabel: 'grpc_service', methodLabel: 'grpc_method' },
    status: { label: 'grpc_code', codes: goCodes },
    type: { label: 'grpc_type', values: ['unary', 'client_stream', 'server_stream', 'bidi_stream'] },
    requests: counter(`grpc_${side}_handled_total`),
    durations: `grpc_${side}_handling_seconds`,
    started: `grpc_${side}_started_total`,
    received: `grpc_${side}_msg_received_total`,
    sent: `grpc_${side}_msg_sent_total`,
    // The library's `InitializeMetrics` is the server's; the client has no such function.
    startsAtZero: side === 'server',
  };
}

/** Returns the codes for which a method has a series of `handled_total`; undefined where the method has no series at all. */
type CodesOf = (method: MethodNumbers) => readonly number[] | undefined;

const allCodes: readonly number[] = Array.from(goCodes.keys());

/**
 * A method has a series for each of the 17 codes from the start. Calls of methods that the server does not have are left
 * out, as in the library: grpc-go answers them before an interceptor sees them.
 */
const serverCodes: CodesOf = ({ path }) => (path === unknownMethod ? undefined : allCodes);

/** A code has a series from its first call on. */
const clientCodes: CodesOf = (method) => allCodes.filter((code) => method.outcome(code) !== undefined);

function project(
  shape: GoShape,
  store: CallNumbers,
  codesOf: CodesOf,
  { bounds = store.bounds, niceGrpcLabels = false, codeOnDurations = niceGrpcLabels }: ProjectionOptions = {},
): Collector {
  const readDurations = durationsWithin(store, bounds);
  const { labelsOf, codes: spelled } = niceGrpcLabels ? niceGrpc : goGrpc;
  const withCode = (labels: Labels, code: number): Labels => ({ grpc_code: spelled[code]!, ...labels });
  const series = <Series>(
    read: (method: MethodNumbers, labels: Labels, codes: readonly number[]) => readonly Series[],
  ) =>
    perMethod(store, (method) => {
      const codes = codesOf(method);
      return codes === undefined ? [] : read(method, labelsOf(method), codes);
    });
  const counters = (name: string, help: string, count: (method: MethodNumbers) => number): ProjectedFamily => ({
    name,
    type: 'counter',
    help,
    read: () => series((method, labels) => [{ labels, value: count(method), created: method.created }]),
  });
  const where = shape.side === 'server' ? 'on the server' : 'by clients';
  // In the order of the library, which is not sorted.
  return collectorOf([
    counters(shape.started, `RPCs started ${where}`, (method) => method.started),
    {
      name: shape.requests.family,
      type: 'counter',
      help: `RPCs completed ${where}, by code`,
      read: () => series((method, labels, codes) => handledSeries(method, codes, (code) => withCode(labels, code))),
    },
    counters(shape.received, `RPC messages received ${where}`, (method) => method.messagesReceived),
    counters(shape.sent, `RPC messages sent ${where}`, (method) => method.messagesSent),
    {
      name: shape.durations,
      type: 'histogram',
      help: shape.side === 'server' ? 'RPC duration on the server' : 'RPC duration at clients',
      read: () =>
        series((method, labels) =>
          codeOnDurations
            ? durationsByStatus(method, readDurations, (code) => withCode(labels, code))
            : [readDurations(method, labels)],
        ),
    },
  ]);
}

function handledSeries(
  method: MethodNumbers,
  codes: readonly number[],
  labelsOfCode: (code: number) => Labels,
): NumberSeries[] {
  return codes.map((code) => {
    const outcome = method.outcome(code);
    const value = outcome?.durations.count ?? 0;
    return { labels: labelsOfCode(code), value, created: method.created, exemplar: outcome?.exemplar };
  });
}

/** How labels are spelt. */
interface Spelling {
  readonly labelsOf: LabelsOf;
  readonly codes: readonly string[];
}

/** Splits the path as go-grpc-prometheus does. The constant `other` is no path: it is a method of the service `unknown`. */
const goGrpc: Spelling = {
  labelsOf: ({ path, type = 'unknown', labels }) => {
    const [, service = 'unknown', method = path] = /^\/([^/]*)\/(.*)$/.exec(path) ?? [];
    return { grpc_method: method, grpc_service: service, grpc_type: type, ...labels };
  },
  codes: goCodes,
};

/** nice-grpc-prometheus has the names of Go, the path in a label of its own, and codes in capitals. Seen on 0.2.9. */
const niceGrpc: Spelling = {
  labelsOf: (method) => ({ grpc_path: method.path, ...goGrpc.labelsOf(method) }),
  codes: statusNames,
};
