import type { Message } from '@bufbuild/protobuf';
import {
  type CallOptions as ConnectCallOptions,
  ConnectError,
  createClient,
  type Transport,
} from '@connectrpc/connect';
import { statusNames } from '../../../src/rpc/status.ts';
import { Requests } from '../requests.ts';
import { type MethodName, service } from '../service.ts';
import type { CallOptions, TestCall, TestClient } from '../test-client.ts';
import { deferred } from '../wait.ts';
import { Endings, requestOf, toBytes } from './schema.ts';

type Method = (request: unknown, options: ConnectCallOptions) => Promise<Message> & AsyncIterable<Message>;

/** A client of Connect with the interface of the contracts. */
export class ConnectClient implements TestClient {
  readonly #methods: Record<string, Method>;
  readonly #closed = new AbortController();

  readonly #connect: () => Promise<unknown>;

  /** `connect` opens the connection of the transport; without it that is done by the first call. */
  constructor(transport: Transport, connect: () => Promise<unknown> = async () => {}) {
    this.#connect = connect;
    this.#methods = createClient(Endings, transport);
  }

  async ready(): Promise<void> {
    await this.#connect();
  }

  start(name: MethodName, { message, deadlineSeconds }: CallOptions = {}): TestCall {
    const { requestStream, responseStream } = service[name];
    const controller = new AbortController();
    const requests = new Requests<Message>();
    const responses: number[] = [];
    const firstMessage = deferred();
    const call = this.#methods[name[0]!.toLowerCase() + name.slice(1)]!(
      requestStream ? requests.messages() : requestOf(message),
      {
        signal: AbortSignal.any([controller.signal, this.#closed.signal]),
        ...(deadlineSeconds !== undefined && { timeoutMs: Math.round(deadlineSeconds * 1000) }),
      },
    );
    const receive = async (): Promise<string> => {
      if (!responseStream) responses.push(toBytes(await call).length);
      else {
        for await (const response of call) {
          responses.push(toBytes(response).length);
          firstMessage.resolve();
        }
      }
      return 'OK';
    };
    return {
      status: receive().catch((error: unknown) => statusNames[ConnectError.from(error).code] ?? 'UNKNOWN'),
      firstMessage: firstMessage.promise,
      responses,
      send: (sent) => requests.push(requestOf(sent)),
      halfClose: () => requests.end(),
      cancel: () => controller.abort(),
    };
  }

  close(): void {
    this.#closed.abort();
  }
}
