import * as grpc from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GrpcMetrics, type MetricsEndpoint } from '../../src/index.ts';
import { describeWith } from '../servers/binaries.ts';
import { type RunningPrometheus, startPrometheus } from '../servers/prometheus.ts';

/*
 * Three services: front calls middle, middle calls back. Back fails some attempts and is away for a while; both clients retry.
 * What each client says it attempted must be what the next server says it got, and what never arrived.
 */

const identity = (bytes: Buffer) => bytes;
const method = (path: string) => ({
  path,
  requestStream: false,
  responseStream: false,
  requestSerialize: identity,
  requestDeserialize: identity,
  responseSerialize: identity,
  responseDeserialize: identity,
});

type Callback = (error: { code: number; details: string } | null, reply?: Buffer) => void;
type Handle = (request: Buffer, callback: Callback) => void;

/** How often a client tries, its first attempt included. */
const ATTEMPTS = { front: 2, middle: 3 } as const;

function clientOptions(service: string, maxAttempts: number): grpc.ClientOptions {
  const retryPolicy = {
    maxAttempts,
    initialBackoff: '0.005s',
    maxBackoff: '0.01s',
    backoffMultiplier: 1,
    retryableStatusCodes: ['UNAVAILABLE'],
  };
  return {
    'grpc.service_config': JSON.stringify({
      loadBalancingConfig: [],
      methodConfig: [{ name: [{ service }], retryPolicy }],
    }),
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 100,
  };
}

/** A service with a server, and metrics for both of its sides. */
class Service {
  readonly name: string;
  readonly metrics: GrpcMetrics;
  endpoint!: MetricsEndpoint;
  address = '';
  /** Calls that have reached the handler. */
  arrived = 0;
  readonly #handle: Handle;
  #server: grpc.Server | undefined;

  constructor(name: string, handle: Handle) {
    this.name = name;
    this.#handle = handle;
    this.metrics = new GrpcMetrics({ service: { name, version: '1' } });
  }

  async start(): Promise<void> {
    this.endpoint ??= await this.metrics.expose({ port: 0, host: '127.0.0.1' });
    const server = new grpc.Server();
    this.metrics.instrument(server);
    server.addService(
      { Do: method(`/${this.name}/Do`) },
      {
        Do: ({ request }: { request: Buffer }, callback: Callback) => {
          this.arrived += 1;
          this.#handle(request, callback);
        },
      },
    );
    const port = await new Promise<number>((resolve, reject) => {
      const at = this.address || '127.0.0.1:0';
      server.bindAsync(at, grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    this.address = `127.0.0.1:${port}`;
    this.#server = server;
  }

  stop(): void {
    this.#server?.forceShutdown();
  }
}

const clients: grpc.Client[] = [];

/** Passes a call on, and its status back. */
function passOn(to: () => grpc.Client, service: string): Handle {
  return (request, callback) => {
    to().makeUnaryRequest(`/${service}/Do`, identity, identity, request, (error, reply) =>
      callback(error && { code: error.code, details: error.details }, reply),
    );
  };
}

let toMiddle: grpc.Client;
let toBack: grpc.Client;
let prometheus: RunningPrometheus;
let caller: grpc.Client;

/** Fails as many attempts of a call as its request says. */
const failed = new Map<string, number>();
const back = new Service('back', (request, callback) => {
  const [id, failures] = String(request).split(' ');
  const before = failed.get(id!) ?? 0;
  failed.set(id!, before + 1);
  if (before < Number(failures)) callback({ code: grpc.status.UNAVAILABLE, details: 'try again' });
  else callback(null, request);
});
const middle = new Service(
  'middle',
  passOn(() => toBack, 'back'),
);
const front = new Service(
  'front',
  passOn(() => toMiddle, 'middle'),
);

let ids = 0;

/** Calls front once for each number of failures in back; the codes that come out. */
function callFront(failures: readonly number[]): Promise<number[]> {
  return Promise.all(
    failures.map((count) => {
      ids += 1;
      const request = Buffer.from(`${ids} ${count}`);
      return new Promise<number>((resolve) =>
        caller.makeUnaryRequest('/front/Do', identity, identity, request, (error) => resolve(error?.code ?? 0)),
      );
    }),
  );
}

describeWith(['prometheus'], 'a chain of three services', (paths) => {
  beforeAll(async () => {
    for (const service of [back, middle, front]) await service.start();
    const connect = (to: Service, options: object) => {
      const client = new grpc.Client(to.address, grpc.credentials.createInsecure(), options);
      clients.push(client);
      return client;
    };
    toBack = connect(back, middle.metrics.clientOptions(clientOptions('back', ATTEMPTS.middle)));
    toMiddle = connect(middle, front.metrics.clientOptions(clientOptions('middle', ATTEMPTS.front)));
    caller = connect(front, {});
    const targets = [front, middle, back].map(({ endpoint }) => new URL(endpoint.url).host);
    prometheus = await startPrometheus({ binary: paths.prometheus, targets });
  }, 120_000);

  afterAll(async () => {
    for (const client of clients) client.close();
    for (const service of [front, middle, back]) service.stop();
    await Promise.all([front, middle, back].map(({ endpoint }) => endpoint?.close()));
    await prometheus?.stop();
  });

  test('what a client attempted is what the next server got, and what never arrived', async () => {
    // Answered at once, after one retry, after two, and at the second try of front.
    expect(await callFront([0, 0, 0, 1, 2, 4])).toEqual([0, 0, 0, 0, 0, 0]);
    // More failures than all attempts together.
    expect(await callFront([99, 99])).toEqual([14, 14]);
    const whileBackWasThere = back.arrived;

    back.stop();
    const lost = [0, 0, 0, 0];
    expect(await callFront(lost)).toEqual([14, 14, 14, 14]);
    expect(back.arrived).toBe(whileBackWasThere);
    const neverArrived = lost.length * ATTEMPTS.front * ATTEMPTS.middle;

    await back.start();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await callFront([0, 1])).toEqual([0, 0]);

    await prometheus.waitForScrapes(2);
    const sum = async (of: Service, names: string) => {
      const instance = new URL(of.endpoint.url).host;
      const [sample] = await prometheus.query(`sum({__name__=~"${names}",instance="${instance}"})`);
      return sample?.value ?? 0;
    };
    const attempts = (of: Service) => sum(of, 'grpc_client_requests_total|grpc_client_retries_total');
    const started = (of: Service) => sum(of, 'grpc_requests_total|grpc_requests_in_flight');

    expect(await started(front)).toBe(14);
    expect(await sum(front, 'grpc_client_requests_total')).toBe(14);
    expect(await attempts(front)).toBe(await started(middle));
    expect(await started(middle)).toBe(middle.arrived);
    expect(await started(back)).toBe(back.arrived);
    expect(await attempts(middle)).toBe(back.arrived + neverArrived);
    for (const of of [front, middle, back]) {
      expect(await sum(of, 'grpc_client_requests_in_flight|grpc_requests_in_flight')).toBe(0);
      expect(await sum(of, 'grpc_vitals_errors_total')).toBe(0);
    }
    // A server's and a client's numbers do not mix: back calls nobody, and nobody's errors are another's.
    expect(await sum(back, 'grpc_client_.+')).toBe(0);
    expect(await sum(middle, 'grpc_client_errors_total')).toBe(await sum(middle, 'grpc_errors_total'));
  });
});
