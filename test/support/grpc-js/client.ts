import type * as newest from '@grpc/grpc-js';
import { statusNames } from '../../../src/rpc/status.ts';
import { type MethodName, service } from '../service.ts';
import { type CallOptions, messages, type TestCall, type TestClient } from '../test-client.ts';
import { deferred } from '../wait.ts';
import type { Grpc } from './fixture.ts';

/** How a client is made: generic, or generated from a definition. */
export const makes = ['new Client', 'loadPackageDefinition'] as const;
export type Make = (typeof makes)[number];

export interface GrpcJsCallOptions extends CallOptions {
  /** Options of grpc-js for the call. */
  readonly callOptions?: newest.CallOptions;
}

// biome-ignore lint/suspicious/noExplicitAny: the four kinds of calls of two versions of grpc-js
type AnyCall = any;
type Callback = (error: { code?: number } | null, message?: Buffer) => void;
type Start = (...args: unknown[]) => AnyCall;

const starters: Readonly<Record<MethodName, string>> = {
  Unary: 'makeUnaryRequest',
  ServerStream: 'makeServerStreamRequest',
  ClientStream: 'makeClientStreamRequest',
  Bidi: 'makeBidiStreamRequest',
};

/** A client of grpc-js with the interface of the contracts. */
export class GrpcJsClient implements TestClient {
  readonly grpc: Grpc;
  readonly client: newest.Client;
  readonly #make: Make;

  constructor(grpc: Grpc, make: Make, address: string, options: newest.ClientOptions = {}) {
    this.grpc = grpc;
    this.#make = make;
    const Client = make === 'new Client' ? grpc.Client : generated(grpc);
    this.client = new Client(address, grpc.credentials.createInsecure(), options);
  }

  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.client.waitForReady(Date.now() + 5000, (error) => (error === undefined ? resolve() : reject(error)));
    });
  }

  start(name: MethodName, options: GrpcJsCallOptions = {}): TestCall & { readonly call: AnyCall } {
    const { requestStream, responseStream } = service[name];
    const responses: number[] = [];
    const status = deferred<string>();
    const firstMessage = deferred();
    const end = (code = 2) => status.resolve(statusNames[code] ?? 'UNKNOWN');
    const callback: Callback = (error, message) => {
      if (message !== undefined && message !== null) responses.push(message.length);
      end(error === null ? 0 : error.code);
    };
    const request = requestStream ? [] : [messages[options.message ?? 'small']];
    const call = this.#start(name, options, request, responseStream ? [] : [callback]);
    if (responseStream) {
      call.on('error', () => {}); // The status says it too.
      call.on('data', (message: Buffer) => {
        responses.push(message.length);
        firstMessage.resolve();
      });
      call.on('status', ({ code }: { code: number }) => end(code));
    }
    return {
      call,
      status: status.promise,
      firstMessage: firstMessage.promise,
      responses,
      send: (message = 'small') => call.write(messages[message]),
      halfClose: () => requestStream && call.end(),
      cancel: () => call.cancel(),
    };
  }

  close(): void {
    this.client.close();
  }

  #start(
    name: MethodName,
    { path, deadlineSeconds, waitForReady, callOptions }: GrpcJsCallOptions,
    request: Buffer[],
    callback: Callback[],
  ): AnyCall {
    const metadata = new this.grpc.Metadata(waitForReady === undefined ? {} : { waitForReady });
    const deadline = deadlineSeconds === undefined ? {} : { deadline: Date.now() + deadlineSeconds * 1000 };
    const client = this.client as unknown as Record<string, Start>;
    const rest = [...request, metadata, { ...deadline, ...callOptions }, ...callback];
    if (this.#make === 'loadPackageDefinition') return client[name]!(...rest);
    const { requestSerialize, responseDeserialize } = service[name];
    return client[starters[name]]!(path ?? service[name].path, requestSerialize, responseDeserialize, ...rest);
  }
}

function generated(grpc: Grpc): newest.ServiceClientConstructor {
  const loaded = grpc.loadPackageDefinition({ 'test.v1.Endings': service }) as unknown as {
    test: { v1: { Endings: newest.ServiceClientConstructor } };
  };
  return loaded.test.v1.Endings;
}
