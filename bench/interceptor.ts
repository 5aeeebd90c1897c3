import { performance } from 'node:perf_hooks';
import { ServerInterceptingCall } from '@grpc/grpc-js';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { serverInterceptor } from '../src/adapters/grpc-js/server/interceptor.ts';
import type { GrpcServerInterceptor, InterceptingCall, Listener } from '../src/adapters/grpc-js/types.ts';
import { type Deserialize, measureReading, measureWriting, type Serialize } from '../src/adapters/sizes.ts';
import { chooseVocabularies, unionOfBounds } from '../src/naming/choice.ts';
import { CallListeners } from '../src/rpc/call-listeners.ts';
import type { CallStart } from '../src/rpc/call-start.ts';
import { Faults } from '../src/rpc/faults.ts';
import { CallLabels } from '../src/rpc/limits/call-labels.ts';
import { messageSizes } from '../src/rpc/message-sizes.ts';
import { type CallDetailsOptions, chooseDetails } from '../src/rpc/methods/details.ts';
import type { GrpcMethodType } from '../src/rpc/methods/method-type.ts';
import { ServerStore } from '../src/rpc/server-store.ts';
import { type Contenders, compare, print, serve } from './compare.ts';

const path = '/bench.v1.Bench/Unary';
const metadata = { get: () => ['acme'] };
const message = Buffer.from('message');
const deadline = Date.now() + 86_400_000;
const ok = { code: 0, details: 'OK', metadata: null };

/** The functions of a method, as grpc-js holds them. */
interface Codec {
  readonly serialize: (message: unknown) => unknown;
  readonly deserialize: (bytes: Buffer) => unknown;
}

const plain: Codec = { serialize: () => message, deserialize: () => ({}) };

/** As `instrument` makes them of a method's. */
function measured(store: ServerStore, type: GrpcMethodType = 'unary'): Codec {
  store.declare(path, type);
  const sizes = messageSizes(store, path)!;
  return {
    serialize: measureWriting(plain.serialize as Serialize, sizes),
    deserialize: measureReading(plain.deserialize as Deserialize, sizes),
  };
}

/** A call that does what grpc-js's does towards its interceptors, and nothing else. */
class StubCall implements InterceptingCall {
  readonly codec: Codec;
  listener: Listener | undefined;

  constructor(codec: Codec) {
    this.codec = codec;
  }

  start(listener: Listener): void {
    this.listener = listener;
    listener.onReceiveMetadata(metadata);
  }
  sendMetadata(): void {}
  sendMessage(sent: unknown, callback: () => void): void {
    this.codec.serialize(sent);
    callback();
  }
  sendStatus(): void {
    this.listener!.onCancel();
  }
  startRead(): void {
    this.listener!.onReceiveMessage(this.codec.deserialize(message));
    this.listener!.onReceiveHalfClose();
  }
  getDeadline(): number {
    return deadline;
  }
  getPeer(): string {
    return 'stub';
  }
}

/** What grpc-js's unary handler does with a call. */
function handle(call: InterceptingCall): void {
  call.start({
    onReceiveMetadata: () => call.startRead(),
    onReceiveMessage: () => {},
    onReceiveHalfClose: () => call.sendMessage(message, () => call.sendStatus(ok)),
    onCancel: () => {},
  });
}

function calls(interceptor: GrpcServerInterceptor | undefined, codec: Codec = plain): (times: number) => void {
  return (times) => {
    for (let index = 0; index < times; index += 1) {
      const stub = new StubCall(codec);
      handle(
        interceptor === undefined ? stub : interceptor({ path, requestStream: false, responseStream: false }, stub),
      );
    }
  };
}

/** The same five updates and two clock reads, recorded by prom-client. */
function promClient() {
  const registers = [new Registry()];
  const requests = new Counter({ name: 'requests_total', help: 'x', labelNames: ['method', 'status'], registers });
  const inFlight = new Gauge({ name: 'in_flight', help: 'x', labelNames: ['method'], registers });
  const received = new Counter({ name: 'received_total', help: 'x', labelNames: ['method'], registers });
  const sent = new Counter({ name: 'sent_total', help: 'x', labelNames: ['method'], registers });
  const duration = new Histogram({ name: 'duration_seconds', help: 'x', labelNames: ['method'], registers });
  return {
    started: () => inFlight.inc({ method: path }),
    received: () => received.inc({ method: path }),
    sent: () => sent.inc({ method: path }),
    ended(startedAt: number) {
      requests.inc({ method: path, status: 'OK' });
      duration.observe({ method: path }, (performance.now() - startedAt) / 1000);
      inFlight.dec({ method: path });
    },
  };
}

/** One delegating object, as ours, that records with prom-client. */
function delegatingOverPromClient(): GrpcServerInterceptor {
  const record = promClient();
  class Delegating implements InterceptingCall, Listener {
    readonly next: InterceptingCall;
    readonly startedAt = performance.now();
    listener: Listener | undefined;
    constructor(next: InterceptingCall) {
      this.next = next;
      record.started();
    }
    start(listener: Listener): void {
      this.listener = listener;
      this.next.start(this);
    }
    onReceiveMetadata(received: object): void {
      this.listener!.onReceiveMetadata(received);
    }
    onReceiveMessage(received: unknown): void {
      record.received();
      this.listener!.onReceiveMessage(received);
    }
    onReceiveHalfClose(): void {
      this.listener!.onReceiveHalfClose();
    }
    onCancel(): void {
      record.ended(this.startedAt);
      this.listener!.onCancel();
    }
    sendMetadata(sent: object): void {
      this.next.sendMetadata(sent);
    }
    sendMessage(sent: unknown, callback: () => void): void {
      this.next.sendMessage(sent, () => {
        record.sent();
        callback();
      });
    }
    sendStatus(status: { code: number }): void {
      this.next.sendStatus(status);
    }
    startRead(): void {
      this.next.startRead();
    }
    getDeadline(): number | Date {
      return this.next.getDeadline();
    }
  }
  return (_method, call: InterceptingCall) => new Delegating(call);
}

/** The usual way: grpc-js's own class with hooks, over prom-client. */
function hooksOverPromClient(): GrpcServerInterceptor {
  const record = promClient();
  return (_method, call: InterceptingCall) => {
    const startedAt = performance.now();
    record.started();
    return new ServerInterceptingCall(call as never, {
      start: (next) =>
        next({
          onReceiveMessage: (received, pass) => {
            record.received();
            pass(received);
          },
          onCancel: () => record.ended(startedAt),
        }),
      sendMessage: (sent, pass) => {
        record.sent();
        pass(sent);
      },
    });
  };
}

/** Ours, with a label of the user's from the metadata. */
function labelled(): GrpcServerInterceptor {
  const faults = new Faults();
  const tenant = { from: (call: CallStart) => call.metadata.get('x-tenant') };
  return serverInterceptor(new ServerStore(faults, { labels: new CallLabels({ tenant }, faults) }));
}

/** Ours, with what is recorded besides, of one type of methods. */
function detailed(choice: CallDetailsOptions, type: GrpcMethodType = 'unary'): (times: number) => void {
  const details = chooseDetails(choice);
  const of = new ServerStore(new Faults(), {
    details,
    buckets: unionOfBounds(chooseVocabularies(), details.streamDurations),
  });
  const codec = measured(of, type);
  return calls(serverInterceptor(of), codec);
}

/** Ours, with a listener that counts; its time is in it, which a service spends outside of its calls. */
function heard(): (times: number) => void | Promise<void> {
  const faults = new Faults();
  const listeners = new CallListeners(faults);
  let heardOf = 0;
  let all = () => {};
  listeners.add(() => {
    heardOf += 1;
    if (heardOf % batch === 0) all();
  });
  const run = calls(serverInterceptor(new ServerStore(faults, { listeners })));
  return async (times) => {
    for (let index = 0; index < times; index += batch) {
      const told = new Promise<void>((resolve) => {
        all = resolve;
      });
      run(batch);
      await told;
    }
  };
}

/** Calls between two turns of the event loop. */
const batch = 1000;

const names = {
  bare: 'no interceptor',
  alone: 'grpc-vitals, the interceptor alone',
  ours: 'grpc-vitals, with the sizes of messages',
  labelled: 'grpc-vitals, a label from the metadata',
  sizes: 'grpc-vitals, sizes as histograms',
  deadlines: 'grpc-vitals, deadlines',
  stream: 'grpc-vitals, a stream',
  counted: 'grpc-vitals, a stream and the number of its messages',
  apart: 'grpc-vitals, durations of streams apart',
  heard: 'grpc-vitals, a listener of each call',
  delegating: 'prom-client, one delegating object as ours',
  hooks: 'prom-client, ServerInterceptingCall with hooks',
};

const store = new ServerStore(new Faults());
const contenders: Contenders = {
  [names.bare]: calls(undefined),
  [names.alone]: calls(serverInterceptor(new ServerStore(new Faults()))),
  [names.ours]: calls(serverInterceptor(store), measured(store)),
  [names.labelled]: calls(labelled()),
  [names.sizes]: detailed({ messageSizes: true }),
  [names.deadlines]: detailed({ deadlines: true }),
  [names.stream]: detailed({}, 'server_stream'),
  [names.counted]: detailed({ streamMessages: true }, 'server_stream'),
  [names.apart]: detailed({ streamDurations: true }),
  [names.heard]: heard(),
  [names.delegating]: calls(delegatingOverPromClient()),
  [names.hooks]: calls(hooksOverPromClient()),
};

serve(contenders);

export async function interceptors(): Promise<void> {
  const comparison = await compare(import.meta.url, contenders);
  print('A unary call over a stub, its interceptor included', comparison);
  const { nanoseconds } = comparison;
  const cost = (name: string) => nanoseconds[name]! - nanoseconds[names.bare]!;
  const times = [names.delegating, names.hooks].map((name) => (cost(name) / cost(names.ours)).toFixed(1));
  const more = [names.labelled, names.heard].map((name) => (cost(name) / cost(names.ours)).toFixed(2));
  console.log(`  less the call itself, a label makes it ${more[0]} times ours, a listener ${more[1]} times`);
  const [sizes, deadlines, stream, counted, apart] = [
    names.sizes,
    names.deadlines,
    names.stream,
    names.counted,
    names.apart,
  ].map((name) => (cost(name) / cost(names.ours)).toFixed(2));
  console.log(`  less the call itself, sizes as histograms make it ${sizes} times ours, deadlines ${deadlines} times,`);
  console.log(
    `  streams' durations apart ${apart} times; a stream is ${stream} times, with its messages ${counted} times`,
  );
  console.log(`  less the call itself, prom-client costs ${times.join(' and ')} times ours (goal: at least 10)`);
}
