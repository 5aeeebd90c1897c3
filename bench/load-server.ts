import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Server, ServerInterceptingCall, type ServerInterceptor, status } from '@grpc/grpc-js';
import { Counter, Histogram, Registry } from 'prom-client';
import { instrument } from '../src/metrics.ts';
import { bindEchoes } from './echoes.ts';

/** Where a server answers. */
export interface Ports {
  readonly grpc: number;
  /** Of `/metrics`; none where there are no metrics. */
  readonly metrics?: number | undefined;
}

/** What a server has beside the metrics of its calls: always 50,000 lines of samples, each one series to Prometheus. */
export type Series = 'histograms and counters' | 'counters';

/** What both libraries call the same. */
interface Family {
  labels(values: Record<string, string>): { inc?(): void; observe?(value: number): void };
}
type Declare = (type: 'counter' | 'histogram', name: string, help: string, labelNames: readonly string[]) => Family;

const total = 50_000;
/** Of a histogram with 11 bounds: the buckets, `+Inf`, sum and count. */
const linesPerHistogram = 14;

/** Counters with 4 labels; half of the lines are histograms with 3 labels where they are wanted. */
function fill(series: Series, declare: Declare): void {
  const pod = { zone: 'eu-central-1', pod: 'shop-5d6f7c' };
  const histograms = series === 'counters' ? 0 : Math.floor(total / 2 / linesPerHistogram);
  const waits = declare('histogram', 'wait_seconds', 'Waiting', ['method', 'zone', 'pod']);
  for (let index = 0; index < histograms; index += 1) {
    const one = waits.labels({ method: `/shop.v1.Shop/Method${index}`, ...pod });
    for (let value = 0.001; value < 20; value *= 2.7) one.observe!(value);
  }
  const jobs = declare('counter', 'jobs_total', 'Jobs', ['method', 'status', 'zone', 'pod']);
  for (let index = 0; index < total - histograms * linesPerHistogram; index += 1) {
    jobs.labels({ method: `/shop.v1.Shop/Method${index}`, status: 'OK', ...pod }).inc!();
  }
}

interface Measured {
  readonly server: Server;
  readonly metrics?: number;
}

const contenders: Readonly<Record<string, (series: Series) => Promise<Measured>>> = {
  none: async () => ({ server: new Server() }),
  'grpc-vitals': async (series) => {
    const server = new Server();
    const metrics = instrument(server);
    fill(series, (type, name, help, labelNames) =>
      type === 'counter'
        ? metrics.counter({ name, help, labelNames, maxSeries: Infinity })
        : metrics.histogram({ name, help, labelNames, maxSeries: Infinity }),
    );
    const { port } = await metrics.expose({ port: 0, host: '127.0.0.1' });
    return { server, metrics: port };
  },
  'prom-client': async (series) => {
    const register = new Registry();
    const server = new Server({ interceptors: [promClientInterceptor(register)] });
    fill(series, (type, name, help, labelNames) => {
      const spec = { name, help, labelNames: [...labelNames], registers: [register] };
      return type === 'counter' ? new Counter(spec) : new Histogram(spec);
    });
    const endpoint = createServer(promClientEndpoint(register)).listen(0, '127.0.0.1');
    await once(endpoint, 'listening');
    return { server, metrics: (endpoint.address() as AddressInfo).port }; // it listens on TCP
  },
};

/** As it is usually written: a counter by status and a histogram of durations. */
function promClientInterceptor(register: Registry): ServerInterceptor {
  const registers = [register];
  const requests = new Counter({ name: 'requests_total', help: 'x', labelNames: ['method', 'status'], registers });
  const seconds = new Histogram({ name: 'request_seconds', help: 'x', labelNames: ['method', 'status'], registers });
  return ({ path }, call) => {
    const end = seconds.startTimer({ method: path });
    return new ServerInterceptingCall(call, {
      sendStatus(ended, next) {
        requests.inc({ method: path, status: status[ended.code] });
        end({ status: status[ended.code] });
        next(ended);
      },
    });
  };
}

function promClientEndpoint(register: Registry): RequestListener {
  const compress = promisify<string, { level: number }, Uint8Array>(gzip);
  const answer: (...of: Parameters<RequestListener>) => Promise<void> = async (_request, response) => {
    const body = await compress(await register.metrics(), { level: 1 });
    response.setHeader('Content-Type', register.contentType);
    response.setHeader('Content-Encoding', 'gzip');
    response.end(body);
  };
  return (request, response) => void answer(request, response);
}

/** In a process of its own, which ends with its parent: says its ports, and echoes unary calls. */
async function serve(contender: string, series: Series): Promise<void> {
  process.once('disconnect', () => process.exit());
  const { server, metrics } = await contenders[contender]!(series);
  const grpc = await bindEchoes(server);
  process.send!({ grpc, metrics } satisfies Ports);
}

if (process.send !== undefined) {
  const [, , contender, series] = process.argv;
  await serve(contender!, series as Series);
}
