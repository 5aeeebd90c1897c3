import { type MethodName, service } from '../support/service.ts';
import { type CallOptions, type Message, messages, type TestCall, type TestClient } from '../support/test-client.ts';

/** The user of a client. It counts its calls and messages, so that a test can compare them with the metrics. */
export class Application {
  /** The number of calls that have ended, by `Method STATUS`. */
  readonly seen: Record<string, number> = {};
  sent = 0;
  bytesSent = 0;
  readonly #client: TestClient;
  readonly #calls: { readonly method: MethodName; readonly call: TestCall }[] = [];

  constructor(client: TestClient) {
    this.#client = client;
  }

  /** Resolves when there is a connection. */
  ready(): Promise<void> {
    return this.#client.ready();
  }

  start(method: MethodName, options: CallOptions = {}): TestCall {
    const call = this.#start(method, options);
    this.#calls.push({ method, call });
    void this.#noteEnd(options.path ?? method, call);
    return {
      ...call,
      send: (message) => {
        this.#sends(message);
        call.send(message);
      },
    };
  }

  /** The size of each response, in bytes. */
  get responses(): readonly number[] {
    return this.#calls.flatMap(({ call }) => call.responses);
  }

  /** The number of calls with a stream of responses that got at least one. */
  get streamsWithMessages(): number {
    return this.#calls.filter(({ method, call }) => service[method].responseStream && call.responses.length > 0).length;
  }

  close(): void {
    this.#client.close();
  }

  #start(method: MethodName, options: CallOptions): TestCall {
    try {
      const call = this.#client.start(method, options);
      if (!service[method].requestStream) this.#sends(options.message);
      return call;
    } catch {
      return failed;
    }
  }

  async #noteEnd(name: string, { status }: TestCall): Promise<void> {
    const key = `${name} ${await status}`;
    this.seen[key] = (this.seen[key] ?? 0) + 1;
  }

  #sends(message: Message = 'small'): void {
    if (message === 'unserializable') return;
    this.sent += 1;
    this.bytesSent += messages[message].length;
  }
}

const never = new Promise<void>(() => {});

/** A call that the framework answers with an exception, which has no status. */
const failed: TestCall = {
  status: Promise.resolve('UNKNOWN'),
  firstMessage: never,
  responses: [],
  send: () => {},
  halfClose: () => {},
  cancel: () => {},
};
