import * as grpc from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import type { ShutdownOptions } from '../../src/index.ts';
import { value } from '../support/metric-value.ts';
import { deferred } from '../support/wait.ts';
import { GrpcService } from './grpc-service.ts';

/** Nobody else listens for it. */
const signal = 'SIGUSR2';
const services: GrpcService[] = [];
afterEach(async () => {
  for (const service of services.splice(0)) await service.close();
});

/** A service that ends at the signal without ending the tests, and what it warned of. */
async function serving(options: ShutdownOptions = {}) {
  const warnings: string[] = [];
  const service = new GrpcService(grpc, { logger: { warn: (message) => warnings.push(message) } });
  services.push(service);
  const server = service.server();
  const port = await service.bind(server);
  const { url } = await service.expose();
  const stop = service.metrics.shutdownOn(signal, { exit: false, ...options });
  const scrape = async () => {
    const headers = { 'user-agent': 'Prometheus/3.5.0', 'x-prometheus-scrape-timeout-seconds': '10' };
    return (await fetch(`${url}/metrics`, { headers })).text();
  };
  const readiness = async () => (await fetch(`${url}/-/ready`)).status;
  return { service, server, port, url, stop, scrape, readiness, warnings };
}

const send = () => process.emit(signal);
/** The listeners are gone when the service has ended. */
const hasEnded = () => expect.poll(() => process.listenerCount(signal), { timeout: 20_000 }).toBe(0);

test('the servers drain, then come your own steps, then the last scrape, then the endpoint closes', async () => {
  const steps: string[] = [];
  const begun = deferred();
  const pool = deferred();
  const { service, port, url, readiness, scrape } = await serving({
    afterDrain: () => {
      steps.push('afterDrain');
      begun.resolve();
      return pool.promise;
    },
  });
  const call = await service.call(port);
  send();
  expect(await readiness()).toBe(503);
  expect(steps).toEqual([]);
  expect(await call.end()).toEqual({ status: 0 });
  await begun.promise;
  // It is not the last one: your steps may still change numbers.
  expect(await scrape()).toContain('grpc_server_draining 1\n');
  service.metrics.counter({ name: 'pools_closed_total', help: 'Closed pools' }).inc();
  pool.resolve();
  // The wait for it begins some turns of the event loop later.
  await expect.poll(scrape, { timeout: 10_000 }).toContain('pools_closed_total 1\n');
  await expect.poll(() => scrape().catch(() => 'closed'), { timeout: 10_000 }).toBe('closed');
  await hasEnded();
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});

test('calls that do not end are cut off, and the last scrape has them', async () => {
  const { service, port, scrape } = await serving({ drainSeconds: 0.05 });
  await service.call(port);
  send();
  await expect
    .poll(() => value(service.metrics, 'grpc_requests_total', { status: 'CANCELLED' }), { timeout: 10_000 })
    .toBe(1);
  await expect.poll(scrape, { timeout: 10_000 }).toContain('status="CANCELLED"} 1\n');
  await expect.poll(() => scrape().catch(() => 'closed'), { timeout: 10_000 }).toBe('closed');
  await hasEnded();
});

const steps: [name: string, afterDrain: () => unknown, warning: string][] = [
  ['throws', throwNow, '"afterDrain": Error: the pool is broken'],
  ['rejects', async () => throwNow(), '"afterDrain": Error: the pool is broken'],
  ['never ends', () => new Promise(() => {}), '"afterDrain": Error: took longer than the 0.1 s of timeoutSeconds'],
];
function throwNow(): never {
  throw new Error('the pool is broken');
}
test.each(steps)('a step of yours that %s is a warning, and the service ends', async (_name, afterDrain, warning) => {
  const { warnings } = await serving({ afterDrain, timeoutSeconds: 0.1 });
  send();
  await hasEnded();
  expect(warnings).toContainEqual(expect.stringContaining(warning));
});

test('a listener of yours that drains the server, too, waits for the same calls', async () => {
  const { service, server, port } = await serving({ timeoutSeconds: 30, afterDrain: () => drained.push('ours') });
  const drained: string[] = [];
  const call = await service.call(port);
  send();
  server.tryShutdown(() => drained.push('yours'));
  expect(await service.metrics.render()).toMatchObject({ body: expect.stringContaining('grpc_server_draining 1\n') });
  expect(drained).toEqual([]);
  expect(await call.end()).toEqual({ status: 0 });
  await expect.poll(() => drained.toSorted(), { timeout: 10_000 }).toEqual(['ours', 'yours']);
  await service.close(); // ends the wait for the last scrape
  await hasEnded();
});

test('without a scrape it ends after timeoutSeconds, with a warning', async () => {
  const { warnings } = await serving({ timeoutSeconds: 0.1 });
  send();
  await hasEnded();
  expect(warnings).toEqual([expect.stringMatching(/^the process ends without a last scrape: none came in time/)]);
});

test('without an endpoint it waits for no scrape', async () => {
  const service = new GrpcService(grpc);
  services.push(service);
  await service.bind(service.server());
  service.metrics.shutdownOn(signal, { exit: false, timeoutSeconds: 3600 });
  send();
  await hasEnded();
});

test('a repeated signal changes nothing, and still does not kill the process', async () => {
  let times = 0;
  const { service } = await serving({ afterDrain: () => (times += 1), timeoutSeconds: 0.2 });
  send();
  void service.metrics.close();
  expect(process.listenerCount(signal)).toBe(1);
  send();
  await hasEnded();
  expect(times).toBe(1);
});

test('the returned function, and close(), stop listening', async () => {
  const { service, stop, readiness } = await serving();
  service.metrics.shutdownOn(signal, { exit: false });
  expect(process.listenerCount(signal)).toBe(2);
  stop();
  expect(process.listenerCount(signal)).toBe(1);
  expect(await readiness()).toBe(200);
  await service.metrics.close();
  expect(process.listenerCount(signal)).toBe(0);
});

const wrong: [given: unknown, options: object | undefined, message: string][] = [
  ['TERM', undefined, 'shutdownOn() takes a signal that a process can handle, such as "SIGTERM", not "TERM"'],
  ['SIGKILL', undefined, 'shutdownOn() takes a signal that a process can handle, such as "SIGTERM", not "SIGKILL"'],
  ['SIGTERM', { timeout: 5 }, 'shutdownOn(): unknown option "timeout", did you mean "timeoutSeconds"?'],
  ['SIGTERM', { timeoutSeconds: '25' }, 'timeoutSeconds must be a number from 0.001 to 3600, not "25"'],
  ['SIGTERM', { drainSeconds: 0 }, 'drainSeconds must be a number from 0.001 to 3600, not 0'],
  ['SIGTERM', { exit: 'no' }, 'exit must be true or false, not "no"'],
  ['SIGTERM', { afterDrain: true }, 'afterDrain must be a function, such as () => pool.end(), not true'],
];
test.each(wrong)('shutdownOn(%o, %o) is refused', (given, options, message) => {
  const { metrics } = new GrpcService(grpc);
  const before = process.listenerCount('SIGTERM');
  expect(() => metrics.shutdownOn(given as NodeJS.Signals, options)).toThrow(
    expect.objectContaining({ code: 'invalid_option', message }),
  );
  expect(process.listenerCount('SIGTERM')).toBe(before);
});
