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
    inFlight: 'Requests in progress',
    received: 'Request messages received',
    sent: 'Response messages sent',
    receivedBytes: 'Total bytes of request messages received, uncompressed',
    sentBytes: 'Total bytes of response messages sent, uncompressed',
    firstMessage: 'Time to the first response message of a stream',
    streams: 'Open streams',
    oldestStream: 'Age of the oldest open stream',
    receivedSize: 'Size of request messages received',
    sentSize: 'Size of response messages sent',
    receivedOfStream: 'Request messages per stream',
    sentOfStream: 'Response messages per stream',
    streamDurations: 'Stream duration',
    deadlineLeft: 'Time left until the deadline when a request ended',
    withoutDeadline: 'Requests without a deadline',
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
    requests: 'Total gRPC client requests',
    durations: 'Client request duration',
    errors: 'Total gRPC client errors',
    inFlight: 'Client requests in progress',
    received: 'Response messages received by clients',
    sent: 'Request messages sent by clients',
    receivedBytes: 'Total bytes of response messages received by clients, uncompressed',
    sentBytes: 'Total bytes of request messages sent by clients, uncompressed',
    firstMessage: 'Time to the first response message of a client stream',
    streams: 'Open client streams',
    oldestStream: 'Age of the oldest open client stream',
    receivedSize: 'Size of response messages received by clients',
    sentSize: 'Size of request messages sent by clients',
    receivedOfStream: 'Response messages per client stream',
    sentOfStream: 'Request messages per client stream',
    streamDurations: 'Client stream duration',
    deadlineLeft: 'Time left until the deadline when a client request ended',
    withoutDeadline: 'Client requests without a deadline',
  },
};

/** Label of `errors`: the class of the handler's exception where it is known, else the status. */
export const errorTypeLabel = 'error_type';

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
