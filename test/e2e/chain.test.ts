import * as grpc from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GrpcMetrics, type MetricsEndpoint } from '../../src/index.ts';
import { type Backend, faultProxy } from '../support/backends.ts';
import { goaway } from '../support/network-faults.ts';
import { describeWith } from '../support/servers/binaries.ts';
import { type RunningPrometheus, startPrometheus } from '../support/servers/prometheus.ts';

/*
 * Three services: front calls middle, middle calls back. Back fails some attempts and is away for a while, and then a proxy before it
 * does harm; both clients retry. What each client says it attempted must be what the next server says it got, and what
 * never arrived.
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
    this.metrics = new GrpcMetrics({ service: { name, version: '1' }, client: { attempts: true } });
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
const engines: RunningPrometheus[] = [];
let proxy: Backend;
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

/** What happens to an attempt on its way to back. */
type Harm =
  /** The connection is reset before the attempt has arrived. */
  | 'lost'
  /** It is reset when the attempt has arrived. */
  | 'cut'
  /** The connection goes away before the attempt has arrived: grpc-js tries again transparently. */
  | 'goes away';

/** What is to happen to the next attempts; nothing when it is empty. */
const harms: Harm[] = [];

/** Finds the attempts in what a client sends: each begins with a frame of type HEADERS. */
function attemptsIn(): (bytes: Buffer) => boolean {
  const preface = 24;
  const header = 9;
  let rest = Buffer.alloc(0);
  let toSkip = preface;
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    let found = false;
    while (rest.length >= toSkip + header) {
      rest = rest.subarray(toSkip);
      toSkip = header + rest.readUIntBE(0, 3);
      found ||= rest[3] === 1;
    }
    return found;
  };
}

/** The way from middle to back, with harm done to one attempt at a time. */
function harmfulWay(): Promise<Backend> {
  return faultProxy(back.address, () => {
    const hasAttempt = attemptsIn();
    let isCut = false;
    return {
      toServer: (bytes, server, client) => {
        const harm = hasAttempt(bytes) ? harms.shift() : undefined;
        if (harm === 'lost') client.resetAndDestroy();
        else if (harm === 'goes away') client.write(goaway);
        else server.write(bytes);
        if (harm !== 'cut') return;
        isCut = true;
        setTimeout(() => client.resetAndDestroy(), 100);
      },
      toClient: (bytes, client) => void (isCut || client.write(bytes)),
    };
  });
}

async function sum(prometheus: RunningPrometheus, of: Service, names: string): Promise<number> {
  const instance = new URL(of.endpoint.url).host;
  const [sample] = await prometheus.query(`sum({__name__=~"${names}",instance="${instance}"})`);
  return sample?.value ?? 0;
}

const ATTEMPTED = 'grpc_client_request_attempts_total';
/** As it is known without watching attempts: of all but transparent retries. */
const CALLED_AND_RETRIED = 'grpc_client_requests_total|grpc_client_retries_total';
const STARTED = 'grpc_requests_total|grpc_requests_in_flight';

describeWith(['prometheus', 'prometheus3'], 'a chain of three services', (paths) => {
  let neverArrived = 0;

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
    proxy = await harmfulWay();
    const targets = [front, middle, back].map(({ endpoint }) => new URL(endpoint.url).host);
    const starting = Object.values(paths).map((binary) => startPrometheus({ binary, targets }));
    for (const started of await Promise.allSettled(starting))
      if (started.status === 'fulfilled') engines.push(started.value);
    expect(engines).toHaveLength(2);
  }, 120_000);

  afterAll(async () => {
    for (const client of clients) client.close();
    for (const service of [front, middle, back]) service.stop();
    await Promise.all([front, middle, back].map(({ endpoint }) => endpoint?.close()));
    await Promise.all(engines.map((prometheus) => prometheus.stop()));
    proxy?.close();
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
    neverArrived = lost.length * ATTEMPTS.front * ATTEMPTS.middle;

    await back.start();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await callFront([0, 1])).toEqual([0, 0]);

    await Promise.all(engines.map((prometheus) => prometheus.waitForScrapes(2)));
    for (const prometheus of engines) {
      const of = (service: Service, names: string) => sum(prometheus, service, names);
      expect(await of(front, STARTED)).toBe(14);
      expect(await of(front, 'grpc_client_requests_total')).toBe(14);
      expect(await of(front, ATTEMPTED)).toBe(await of(middle, STARTED));
      expect(await of(middle, STARTED)).toBe(middle.arrived);
      expect(await of(back, STARTED)).toBe(back.arrived);
      expect(await of(middle, ATTEMPTED)).toBe(back.arrived + neverArrived);
      for (const service of [front, middle]) {
        expect(await of(service, CALLED_AND_RETRIED)).toBe(await of(service, ATTEMPTED));
      }
      for (const service of [front, middle, back]) {
        expect(await of(service, 'grpc_client_requests_in_flight|grpc_requests_in_flight')).toBe(0);
        expect(await of(service, 'grpc_vitals_errors_total')).toBe(0);
      }
      // A server's and a client's numbers do not mix: back calls nobody, and nobody's errors are another's.
      expect(await of(back, 'grpc_client_.+')).toBe(0);
      expect(await of(middle, 'grpc_client_errors_total')).toBe(await of(middle, 'grpc_errors_total'));
    }
  });

  test('the same when connections are reset, before and after the attempt has arrived, and go away', async () => {
    const options = middle.metrics.clientOptions(clientOptions('back', ATTEMPTS.middle));
    toBack = new grpc.Client(proxy.address, grpc.credentials.createInsecure(), options);
    clients.push(toBack);
    const arrivedBefore = back.arrived;
    const plans: Harm[][] = [
      [],
      ['lost'],
      ['cut'],
      ['lost', 'cut'],
      ['goes away'],
      ['goes away', 'lost', 'goes away'],
      ['cut', 'cut', 'cut'],
      ['lost', 'lost', 'lost'],
    ];
    for (const plan of plans) {
      harms.push(...plan);
      expect([plan, await callFront([0])]).toEqual([plan, [0]]);
      expect(harms).toEqual([]);
    }
    const all = plans.flat();
    const lost = all.filter((harm) => harm !== 'cut').length;
    // A call is retried transparently once; what goes away after that is retried as the policy says.
    const transparent = plans.filter((plan) => plan.includes('goes away')).length;
    // Each call arrives once in the end, and what was cut has arrived, too.
    expect(back.arrived - arrivedBefore).toBe(plans.length + all.length - lost);

    await Promise.all(engines.map((prometheus) => prometheus.waitForScrapes(2)));
    for (const prometheus of engines) {
      const of = (service: Service, names: string) => sum(prometheus, service, names);
      expect(await of(back, STARTED)).toBe(back.arrived);
      expect(await of(middle, ATTEMPTED)).toBe(back.arrived + neverArrived + lost);
      expect(await of(middle, CALLED_AND_RETRIED)).toBe((await of(middle, ATTEMPTED)) - transparent);
      expect(await of(front, ATTEMPTED)).toBe(await of(middle, STARTED));
      for (const service of [front, middle, back]) {
        expect(await of(service, 'grpc_client_requests_in_flight|grpc_requests_in_flight')).toBe(0);
        expect(await of(service, 'grpc_vitals_errors_total')).toBe(0);
      }
    }
  });
});
