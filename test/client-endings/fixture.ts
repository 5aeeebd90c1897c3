import type * as newest from '@grpc/grpc-js';
import { GrpcMetrics } from '../../src/index.ts';
import { statusNames } from '../../src/rpc/status.ts';
import { type Grpc, service } from '../endings/fixture.ts';
import type { Backend } from './backends.ts';

/** How the client was made: generic, or generated from a definition. */
export const makes = ['new Client', 'loadPackageDefinition'] as const;
export type Make = (typeof makes)[number];

type MethodName = keyof typeof service;
// biome-ignore lint/suspicious/noExplicitAny: the four kinds of calls of two versions of grpc-js
export type AnyCall = any;

export interface CallOptions {
  /** Milliseconds from now. */
  readonly deadline?: number;
  readonly message?: Buffer;
  readonly waitForReady?: boolean;
  readonly options?: object;
  /** Of a method that is not in the definition; the generic client only. */
  readonly path?: string;
}

export interface Made {
  readonly call: AnyCall;
  /** What the application is told in the end. */
  readonly code: Promise<number>;
  /** Resolves with the first message. */
  readonly first: Promise<void>;
}

/** What does not serialize, and what does not parse. */
export const unserializable: Buffer = Buffer.from([0xfe]);
export const unparsable: Buffer = Buffer.from([0xff]);

const serialize = (message: Buffer) => {
  if (message[0] === unserializable[0]) throw new Error('does not serialize');
  return message;
};
const deserialize = (bytes: Buffer) => {
  if (bytes[0] === unparsable[0]) throw new Error('does not parse');
  return bytes;
};

const definition = Object.fromEntries(
  Object.entries(service).map(([name, method]) => [
    name,
    { ...method, requestSerialize: serialize, responseDeserialize: deserialize },
  ]),
);

/** A client whose calls are observed, and what the application that uses it was told. */
export class ClientFixture {
  readonly grpc: Grpc;
  readonly metrics: GrpcMetrics;
  readonly client: newest.Client;
  /** The application's view: `Method STATUS` to how many. */
  readonly seen: Record<string, number> = {};
  /** Messages that the application gave, and those that it got. */
  sent = 0;
  received = 0;
  /** Their bytes. */
  bytesSent = 0;
  bytesReceived = 0;
  /** Calls with a stream of responses that got one. */
  streamsWithMessages = 0;
  readonly backends: Backend[] = [];
  readonly #make: Make;

  constructor(grpc: Grpc, make: Make, address: string, { options = {}, metrics = new GrpcMetrics() }: Setup = {}) {
    this.grpc = grpc;
    this.#make = make;
    this.metrics = metrics;
    const Client = make === 'new Client' ? grpc.Client : generated(grpc);
    this.client = new Client(address, grpc.credentials.createInsecure(), metrics.clientOptions(options));
  }

  unary(options: CallOptions = {}): Made {
    return this.#single('Unary', options, (callback) =>
      this.#start('Unary', options, [options.message ?? Buffer.from('x')], [callback]),
    );
  }

  clientStream(options: CallOptions = {}): Made {
    return this.#single('ClientStream', options, (callback) => this.#start('ClientStream', options, [], [callback]));
  }

  serverStream(options: CallOptions = {}): Made {
    return this.#stream('ServerStream', options, [options.message ?? Buffer.from('x')]);
  }

  bidi(options: CallOptions = {}): Made {
    return this.#stream('Bidi', options, []);
  }

  /** Gives the call a message. */
  write({ call }: Made, message: Buffer = Buffer.from('x')): void {
    call.write(message);
  }

  /** Every call that was recorded: `Method STATUS` to how many. */
  recorded(of = 'grpc_client_requests_total'): Record<string, number> {
    const calls: Record<string, number> = {};
    for (const { labels, value } of this.#series(of)) {
      if (value > 0) calls[`${shortName(labels.method!)} ${labels.status}`] = value;
    }
    return calls;
  }

  errors(): Record<string, number> {
    const errors: Record<string, number> = {};
    for (const { labels, value } of this.#series('grpc_client_errors_total')) {
      if (value > 0) errors[`${shortName(labels.method!)} ${labels.error_type}`] = value;
    }
    return errors;
  }

  sum(name: string): number {
    return this.#series(name).reduce((total, { value }) => total + value, 0);
  }

  inFlight(): number {
    return this.sum('grpc_client_requests_in_flight');
  }

  /** How many durations were observed, and their sum in seconds. */
  durations(of = 'grpc_client_request_duration_seconds'): { count: number; sum: number } {
    const family = this.metrics.collect().find(({ name }) => name === of);
    if (family?.type !== 'histogram') throw new Error(`no durations ${of}`);
    const all = [...family.series];
    return {
      count: all.flatMap(({ buckets }) => Array.from(buckets)).reduce((total, count) => total + count, 0),
      sum: all.reduce((total, { sum }) => total + sum, 0),
    };
  }

  stop(): void {
    this.client.close();
    for (const backend of this.backends) backend.close();
  }

  #start(
    name: MethodName,
    { path, deadline, waitForReady, options }: CallOptions,
    before: unknown[],
    after: unknown[],
  ) {
    const metadata = new this.grpc.Metadata(waitForReady === undefined ? {} : { waitForReady });
    const callOptions = { ...(deadline !== undefined && { deadline: Date.now() + deadline }), ...options };
    const client = this.client as unknown as Record<string, (...args: unknown[]) => AnyCall>;
    if (this.#make === 'loadPackageDefinition') return client[name]!(...before, metadata, callOptions, ...after);
    const maker = { Unary: 'makeUnaryRequest', ClientStream: 'makeClientStreamRequest' } as Record<string, string>;
    const rest = { ServerStream: 'makeServerStreamRequest', Bidi: 'makeBidiStreamRequest' } as Record<string, string>;
    const make = client[(maker[name] ?? rest[name])!]!;
    return make.call(
      client,
      path ?? service[name].path,
      serialize,
      deserialize,
      ...before,
      metadata,
      callOptions,
      ...after,
    );
  }

  #single(name: MethodName, options: CallOptions, start: (callback: Callback) => AnyCall): Made {
    let call: AnyCall;
    const code = new Promise<number>((resolve) => {
      const end = (ended: number) => {
        this.#saw(options.path ?? name, ended);
        resolve(ended);
      };
      try {
        call = start((error, message) => {
          if (message !== undefined && message !== null) this.#got(message);
          end(error === null ? 0 : (error.code ?? 2)); // an error without a code is UNKNOWN
        });
        if (name === 'Unary') this.#gives(options.message);
      } catch {
        // What is thrown at the application has no status.
        end(2);
      }
    });
    if (name === 'ClientStream') this.#countWrites(call);
    return { call, code, first: new Promise(() => {}) };
  }

  #stream(name: MethodName, options: CallOptions, before: unknown[]): Made {
    const call = this.#start(name, options, before, []);
    if (before.length > 0) this.#gives(options.message);
    else this.#countWrites(call);
    call.on('error', () => {}); // The status says it too.
    const first = new Promise<void>((resolve) => {
      call.once('data', () => {
        this.streamsWithMessages += 1;
      });
      call.on('data', (message: Buffer) => {
        this.#got(message);
        resolve();
      });
    });
    const code = new Promise<number>((resolve) => {
      call.on('status', (status: { code: number }) => {
        this.#saw(options.path ?? name, status.code);
        resolve(status.code);
      });
    });
    return { call, code, first };
  }

  #countWrites(call: AnyCall): void {
    const write = call.write;
    call.write = (message: Buffer) => {
      this.#gives(message);
      return write.call(call, message);
    };
  }

  #gives(message: Buffer = Buffer.from('x')): void {
    if (message[0] === unserializable[0]) return;
    this.sent += 1;
    this.bytesSent += message.length;
  }

  #got(message: Buffer): void {
    this.received += 1;
    this.bytesReceived += message.length;
  }

  #saw(name: string, code: number): void {
    const key = `${shortName(name)} ${statusNames[code] ?? 'UNKNOWN'}`;
    this.seen[key] = (this.seen[key] ?? 0) + 1;
  }

  #series(name: string) {
    const family = this.metrics.collect().find((candidate) => candidate.name === name);
    if (family === undefined || (family.type !== 'counter' && family.type !== 'gauge')) throw new Error(`no ${name}`);
    return [...family.series];
  }
}

export interface Setup {
  readonly options?: newest.ClientOptions;
  readonly metrics?: GrpcMetrics;
}

type Callback = (error: { code?: number } | null, message?: Buffer) => void;

function shortName(path: string): string {
  return path.replace('/test.v1.Endings/', '');
}

function generated(grpc: Grpc): newest.ServiceClientConstructor {
  const loaded = grpc.loadPackageDefinition({ 'test.v1.Endings': definition }) as unknown as {
    test: { v1: { Endings: newest.ServiceClientConstructor } };
  };
  return loaded.test.v1.Endings;
}
