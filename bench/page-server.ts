import { Server } from '@grpc/grpc-js';
import { instrument } from '../src/metrics.ts';

/** What a parent says: end of a phase; what it is answered: CPU seconds used in it. */
export interface PageServer {
  readonly port: number;
}

/** Of the registry: methods of the server, and metrics of the user's own with ten series each. */
const sizes: Readonly<Record<string, { methods: number; families: number }>> = {
  demo: { methods: 6, families: 5 },
  large: { methods: 200, families: 50 },
};

const pass = (bytes: Buffer) => bytes;
const codec = { requestSerialize: pass, requestDeserialize: pass, responseSerialize: pass, responseDeserialize: pass };

/** In a process of its own, which ends with its parent: every method, and every metric of the user's, changes all the time. */
async function serve(size: string, page: boolean): Promise<void> {
  process.once('disconnect', () => process.exit());
  const { methods, families } = sizes[size]!;
  const server = new Server();
  const metrics = instrument(server);
  const names = Array.from({ length: methods }, (_, index) => `Method${index}`);
  const methodOf = (name: string) =>
    ({ path: `/bench.v1.Bench/${name}`, requestStream: false, responseStream: false, ...codec }) as const;
  server.addService(
    Object.fromEntries(names.map((name) => [name, methodOf(name)])),
    Object.fromEntries(names.map((name) => [name, () => {}])),
  );
  const labelNames = ['shard'] as const;
  const touched = Array.from({ length: families }, (_, index) => {
    const spec = { name: `family_${index}_seconds`, help: 'x', labelNames };
    if (index % 5 === 0) {
      const durations = metrics.histogram(spec);
      return (shard: string) => durations.labels({ shard }).observe(Math.random());
    }
    const level = metrics.gauge(spec);
    return (shard: string) => level.labels({ shard }).set(Math.random());
  });
  // Ten times a second, so that each moment has all of them changed: the worst that can come.
  setInterval(() => {
    for (const touch of touched) for (const shard of '0123456789') touch(shard);
  }, 100);
  const { port } = await metrics.expose({ port: 0, host: '127.0.0.1', page });
  process.on('message', () => process.send!(process.cpuUsage()));
  process.send!({ port } satisfies PageServer);
}

if (process.send !== undefined) {
  const [, , size, page] = process.argv;
  await serve(size!, page === 'on');
}
