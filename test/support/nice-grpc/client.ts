import { type Channel, ClientError, type CallOptions as NiceGrpcCallOptions, waitForChannelReady } from 'nice-grpc';
import { statusNames } from '../../../src/rpc/status.ts';
import { Requests } from '../requests.ts';
import { type MethodName, service } from '../service.ts';
import { type CallOptions, messages, type TestCall, type TestClient } from '../test-client.ts';
import { deferred } from '../wait.ts';

/** A client of nice-grpc, in whatever kind of definition. */
export type NiceGrpcTestClient = Record<
  MethodName,
  (request: unknown, options: NiceGrpcCallOptions) => Promise<Buffer> & AsyncIterable<Buffer>
>;

/** A client of nice-grpc with the interface of the contracts. */
export class NiceGrpcClient implements TestClient {
  readonly #client: NiceGrpcTestClient;
  readonly #channel: Channel;

  constructor(client: NiceGrpcTestClient, channel: Channel) {
    this.#client = client;
    this.#channel = channel;
  }

  ready(): Promise<void> {
    return waitForChannelReady(this.#channel, new Date(Date.now() + 5000));
  }

  start(name: MethodName, { message = 'small' }: CallOptions = {}): TestCall {
    const { requestStream, responseStream } = service[name];
    const controller = new AbortController();
    const requests = new Requests<Buffer>();
    const responses: number[] = [];
    const firstMessage = deferred();
    const call = this.#client[name](requestStream ? requests.messages() : messages[message], {
      signal: controller.signal,
    });
    const receive = async (): Promise<string> => {
      if (!responseStream) responses.push((await call).length);
      else {
        for await (const response of call) {
          responses.push(response.length);
          firstMessage.resolve();
        }
      }
      return 'OK';
    };
    return {
      status: receive().catch(statusOf),
      firstMessage: firstMessage.promise,
      responses,
      send: (sent = 'small') => requests.push(messages[sent]),
      halfClose: () => requests.end(),
      cancel: () => controller.abort(),
    };
  }

  close(): void {
    this.#channel.close();
  }
}

/** nice-grpc tells its user of a cancellation with an `AbortError`. */
function statusOf(error: unknown): string {
  if (error instanceof ClientError) return statusNames[error.code] ?? 'UNKNOWN';
  return error instanceof Error && error.name === 'AbortError' ? 'CANCELLED' : 'UNKNOWN';
}
