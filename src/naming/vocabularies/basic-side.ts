import { statusNames } from '../../rpc/status.ts';
import { type CallShape, counter, type PathLabel, type Side } from '../call-shape.ts';
import type { LabelsOf } from '../projection.ts';

type ShapeWith<Field extends keyof CallShape> = CallShape & Required<Pick<CallShape, Field>>;

/** The names of one side, and its help texts. `Own` are the fields of the shape that only this side has. */
export interface BasicSide<Own extends keyof CallShape = never> {
  readonly shape: ShapeWith<Own | 'errors' | 'inFlight' | 'streams' | 'received' | 'sent'> & {
    readonly method: PathLabel;
  };
  /** The beginning of every name. */
  readonly prefix: 'grpc_' | 'grpc_client_';
  readonly help: Readonly<Record<Helped, string>>;
}

/** The families that both sides have. */
type Helped =
  | 'requests'
  | 'durations'
  | 'errors'
  | 'inFlight'
  | 'received'
  | 'sent'
  | 'receivedBytes'
  | 'sentBytes'
  | 'firstMessage'
  | 'streams'
  | 'oldestStream'
  | 'receivedSize'
  | 'sentSize'
  | 'receivedOfStream'
  | 'sentOfStream'
  | 'streamDurations'
  | 'deadlineLeft'
  | 'withoutDeadline';

export const serverSide: BasicSide<'connections'> = {
  shape: { ...shapeOf('server', 'grpc_'), connections: 'grpc_active_connections' },
  prefix: 'grpc_',
  help: {
    requests: 'Total gRPC requests',
    durations: 'Request duration',
    errors: 'Total gRPC errors',
    inFlight: 'Requests that have started and not ended',
    received: 'Request messages received',
    sent: 'Response messages sent',
    receivedBytes: 'Bytes of request messages received, serialized and uncompressed',
    sentBytes: 'Bytes of response messages sent, serialized and before compression',
    firstMessage: 'Time to the first response message of a stream',
    streams: 'Streams that have begun and not ended',
    oldestStream: 'Age of the oldest stream that is open',
    receivedSize: 'Size of request messages received',
    sentSize: 'Size of response messages sent',
    receivedOfStream: 'Number of request messages received of a stream',
    sentOfStream: 'Number of response messages sent of a stream',
    streamDurations: 'Duration of streams',
    deadlineLeft: 'Time that was left of the deadline when a request ended',
    withoutDeadline: 'Requests that ended and had no deadline',
  },
};

export const clientSide: BasicSide<'retries' | 'channels'> = {
  shape: {
    ...shapeOf('client', 'grpc_client_'),
    retries: counter('grpc_client_retries_total'),
    channels: { family: 'grpc_client_channels', targetLabel: 'target', stateLabel: 'state' },
  },
  prefix: 'grpc_client_',
  help: {
    requests: 'Total gRPC requests of clients',
    durations: 'Duration of requests of clients',
    errors: 'Total gRPC errors of clients',
    inFlight: 'Requests of clients that have started and not ended',
    received: 'Response messages received by clients',
    sent: 'Request messages that clients gave to their calls',
    receivedBytes: 'Bytes of response messages received by clients, serialized and uncompressed',
    sentBytes: 'Bytes of request messages that clients gave to their calls, serialized and before compression',
    firstMessage: 'Time to the first response message of a stream to clients',
    streams: 'Streams of clients that have begun and not ended',
    oldestStream: 'Age of the oldest stream of clients that is open',
    receivedSize: 'Size of response messages received by clients',
    sentSize: 'Size of request messages that clients gave to their calls',
    receivedOfStream: 'Number of response messages received by clients of a stream',
    sentOfStream: 'Number of request messages that clients gave to their calls of a stream',
    streamDurations: 'Duration of streams of clients',
    deadlineLeft: 'Time that was left of the deadline when a request of clients ended',
    withoutDeadline: 'Requests of clients that ended and had no deadline',
  },
};

export const labelsOf: LabelsOf = ({ path, labels }) => ({ method: path, ...labels });

function shapeOf(side: Side, prefix: BasicSide['prefix']): BasicSide['shape'] {
  return {
    side,
    method: { label: 'method', form: '/service/method' },
    status: { label: 'status', codes: statusNames },
    requests: counter(`${prefix}requests_total`),
    durations: `${prefix}request_duration_seconds`,
    errors: `${prefix}errors_total`,
    inFlight: `${prefix}requests_in_flight`,
    streams: `${prefix}open_streams`,
    received: `${prefix}messages_received_total`,
    sent: `${prefix}messages_sent_total`,
    startsAtZero: true,
  };
}
