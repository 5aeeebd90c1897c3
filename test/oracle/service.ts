import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const definitions = loadSync(fileURLToPath(new URL('oracle.proto', import.meta.url)), { defaults: true });
export const oracleDefinition = definitions['oracle.v1.Oracle'] as unknown as grpc.ServiceDefinition; // the loader's type names every kind of definition

interface Value {
  readonly value: number;
}

/** What a call ends with whose last request was this; undefined for OK. */
function endOf(last: number): { code: number; details: string } | null {
  return last % 100 === 0 ? null : { code: last % 100, details: 'as asked' };
}

const unary: grpc.handleUnaryCall<Value, Value> = ({ request }, callback) =>
  callback(endOf(request.value), endOf(request.value) === null ? request : undefined);

/** The service of `main.go`, for grpc-js. */
export const oracle: grpc.UntypedServiceImplementation = {
  Unary: unary,
  Never: unary,
  ServerStream: ((call) => {
    const { value } = call.request;
    for (let index = 0; index < Math.floor(value / 100); index += 1) call.write(call.request);
    const end = endOf(value);
    if (end === null) call.end();
    else call.emit('error', end);
  }) satisfies grpc.handleServerStreamingCall<Value, Value>,
  ClientStream: ((call, callback) => {
    let last: Value = { value: 0 };
    call.on('data', (request: Value) => {
      last = request;
    });
    call.on('end', () => callback(endOf(last.value), endOf(last.value) === null ? last : undefined));
  }) satisfies grpc.handleClientStreamingCall<Value, Value>,
  Bidi: ((call) => {
    let last = 0;
    call.on('data', (request: Value) => {
      last = request.value;
      call.write(request);
    });
    call.on('end', () => {
      if (last < 0) return;
      const end = endOf(last);
      if (end === null) call.end();
      else call.emit('error', end);
    });
  }) satisfies grpc.handleBidiStreamingCall<Value, Value>,
};

/** A call to make: it ends with the code that its last request says, or is cut off: by its client after a response, or by the deadline of the server. */
export interface Plan {
  readonly method: string;
  readonly requests: readonly number[];
  readonly cutOff?: 'cancel' | 'deadline';
}

/** Makes the call; resolves to its code. */
export function make(client: grpc.Client, { method, requests, cutOff }: Plan): Promise<number> {
  const definition = oracleDefinition[method];
  const path = `/oracle.v1.Oracle/${method}`;
  const serialize = definition?.requestSerialize ?? (() => Buffer.alloc(0));
  const deserialize = definition?.responseDeserialize ?? ((bytes: Buffer) => bytes);
  const metadata = new grpc.Metadata();
  // The client has none, so that it is the server whose time is up first.
  if (cutOff === 'deadline') metadata.set('grpc-timeout', '100m');
  return new Promise((resolve) => {
    const ended = ({ code }: { readonly code: number }) => resolve(code);
    const [first] = requests.map((value) => ({ value }));
    const { requestStream = false, responseStream = false } = definition ?? {};
    if (!requestStream && !responseStream) {
      client.makeUnaryRequest(path, serialize, deserialize, first, metadata, () => {}).on('status', ended);
    } else if (!requestStream) {
      const call = client.makeServerStreamRequest(path, serialize, deserialize, first, metadata);
      call
        .on('status', ended)
        .on('error', () => {})
        .resume();
    } else {
      const call = responseStream
        ? client.makeBidiStreamRequest(path, serialize, deserialize, metadata)
        : client.makeClientStreamRequest(path, serialize, deserialize, metadata, () => {});
      call.on('status', ended).on('error', () => {});
      if ('read' in call) {
        call.on('data', () => {
          if (cutOff === 'cancel') call.cancel();
        });
      }
      for (const value of requests) call.write({ value });
      if (cutOff === undefined) call.end();
    }
  });
}
