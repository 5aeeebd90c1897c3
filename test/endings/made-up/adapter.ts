import * as newest from '@grpc/grpc-js';
import { watch } from '../../../src/adapters/http2-server.ts';
import { assemble, type Parts } from '../../../src/assemble.ts';
import type { MetricFamily } from '../../../src/index.ts';
import { declareMethod } from '../../../src/rpc/call.ts';
import { messageSizes } from '../../../src/rpc/message-sizes.ts';
import type { ServerStore } from '../../../src/rpc/server-store.ts';
import type { Difference } from '../../support/differences.ts';
import { GrpcJsClient } from '../../support/grpc-js/client.ts';
import { service } from '../../support/service.ts';
import { sleep } from '../../support/wait.ts';
import type { Adapter, InterceptorBehaviour, ServerSetup } from '../adapter.ts';
import type { Row } from '../row.ts';
import { behaviours } from './behaviours.ts';
import { MadeUpServer, type Method } from './framework.ts';
import { Observer } from './observer.ts';
import { StatusError } from './status-error.ts';

/** The parts of a `GrpcMetrics` that an adapter needs. */
interface MadeUpMetrics {
  readonly parts: Parts;
  collect(): MetricFamily[];
}

const ownConnection = { 'grpc.use_local_subchannel_pool': 1 };

function methodsOf({ method, handler }: ServerSetup, store: ServerStore, tooLate: Promise<void>) {
  const methods: Record<string, Method> = {};
  for (const [name, { path, requestStream, responseStream, ...codec }] of Object.entries(service)) {
    const type = requestStream
      ? responseStream
        ? 'bidi_stream'
        : 'client_stream'
      : responseStream
        ? 'server_stream'
        : 'unary';
    declareMethod(store, path, type);
    messageSizes(store, path);
    methods[path] = {
      requestStream,
      responseStream,
      serialize: codec.responseSerialize,
      deserialize: codec.requestDeserialize,
      handler: name === method && handler !== undefined ? behaviours(tooLate)[handler] : undefined,
    };
  }
  return methods;
}

const guards = (tooLate: Promise<void>): Readonly<Record<InterceptorBehaviour, () => Promise<void>>> => ({
  refuse: async () => {
    throw new StatusError(7, 'not you');
  },
  refuseLater: async () => {
    await sleep(20);
    throw new StatusError(7, 'not you');
  },
  passOnLater: () => sleep(40),
  passOnTooLate: () => tooLate,
});

const differences: readonly Difference<Row>[] = [
  { rows: ['the handler answers twice: the first counts'], why: 'a generator ends once' },
  {
    rows: ['the handler refuses without a status'],
    why: 'the handler throws the error',
    instead: { errorType: 'RangeError' },
  },
  {
    rows: ['an async handler rejects: ends with the deadline'],
    why: 'the framework awaits its handlers',
    instead: { wire: 'UNKNOWN', recorded: 'UNKNOWN', rejections: 0 },
  },
  {
    rows: ['an async handler rejects: ends with the cancellation, in flight until then'],
    why: 'the framework awaits its handlers',
    instead: { wire: '0 in flight until then', recorded: 'UNKNOWN', rejections: 0 },
  },
  {
    rows: [
      "Node's client cancels a client stream before it is done: the server ends it OK",
      'headers, then reset',
      "Node's client cancels a bidi call before it is done: the server ends it OK",
    ],
    why: 'the end of the requests and the reset arrive together, and the framework may see either first',
  },
];

/** The made-up framework under the contract of endings. */
export const madeUp: Adapter<Row, MadeUpMetrics> = {
  name: 'a made-up framework',
  seesExceptions: true,
  createMetrics(options) {
    const parts = assemble(options);
    return { parts, collect: () => parts.registry.collect() };
  },
  async start(setup, { parts: { server: store } }, tooLate) {
    const server = new MadeUpServer({
      methods: methodsOf(setup, store, tooLate),
      observer: new Observer(store),
      ...setup.limits,
      ...(setup.interceptor && { guard: guards(tooLate)[setup.interceptor] }),
    });
    watch(server.http2Server).reportTo(store);
    const port = await server.listen();
    const clients: GrpcJsClient[] = [];
    return {
      port,
      client() {
        const client = new GrpcJsClient(newest, 'new Client', `127.0.0.1:${port}`, ownConnection);
        clients.push(client);
        return client;
      },
      shutDown: () => server.drain(),
      kill: () => server.kill(),
      async stop() {
        for (const client of clients) client.close();
        server.kill();
      },
    };
  },
  differences,
};
