import { existsSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type Program, start } from './program.ts';

const programs: Program[] = [];

function run(name: string, ...options: string[]): Program {
  const program = start(name, ...options);
  programs.push(program);
  return program;
}

afterEach(async () => {
  for (const program of programs.splice(0)) {
    program.kill();
    await program.ended;
  }
});

const wrongOptions: [name: string, program: string, options: string[], message: string][] = [
  ['unknown option', 'server', ['--prot', '1'], "Unknown option '--prot'"],
  ['port that is no number', 'server', ['--port', 'http'], '--port http is no port: give a whole number from 0'],
  ['port above the range', 'demo', ['--metrics-port', '65536'], '--metrics-port 65536 is no port'],
  ['negative seconds', 'demo', ['--seconds=-1'], '--seconds -1 is out of range: give a number from 0'],
  ['rate of 0', 'client', ['--rate', '0'], '--rate 0 is out of range: give a number from 0.1'],
  ['address without a port', 'client', ['--address', 'localhost'], '--address localhost has no port'],
  ['TLS option without TLS', 'client', ['--ca', 'ca.pem'], '--ca means nothing without --tls'],
  ['missing file', 'server', ['--tls', '--cert', 'no.crt', '--key', 'no.key'], '--cert no.crt cannot be read (ENOENT)'],
  ['certificate without its key', 'server', ['--tls', '--cert', 'a.crt'], '--cert a.crt needs its key: add --key FILE'],
];
test.concurrent.each(wrongOptions)('exit code 2: %s', async (_name, program, options, message) => {
  const { ended, output } = start(program, ...options);
  expect(await ended).toBe(2);
  expect(output()).toContain(`error: ${message}`);
});

const takenPorts: [program: string, option: string][] = [
  ['server', '--port'],
  ['server', '--metrics-port'],
  ['demo', '--port'],
  ['demo', '--metrics-port'],
  ['demo', '--client-metrics-port'],
];
test.each(takenPorts)('exit code 1: %s with a taken %s', async (program, option) => {
  const taken = createServer();
  await new Promise<void>((resolve) => {
    taken.listen(0, '127.0.0.1', resolve);
  });
  const { port } = taken.address() as AddressInfo; // it listens on TCP
  const free = ['--port', '--metrics-port'].filter((name) => name !== option).flatMap((name) => [name, '0']);
  const { ended, output } = run(program, option, String(port), ...free);
  expect(await ended).toBe(1);
  expect(output()).toContain(
    `error: port ${port} is taken: end the program that has it, or give another with ${option}`,
  );
  taken.close();
});

test('client without a server: exit code 1 and what to do', async () => {
  const { ended, output } = run('client', '--address', '127.0.0.1:1', '--seconds', '1');
  expect(await ended).toBe(1);
  expect(output()).toContain('no gRPC server answers at 127.0.0.1:1: start one with `npm run server`');
});

test('client without a server: Ctrl-C ends it at once', async () => {
  const client = run('client', '--address', '127.0.0.1:1');
  await client.printed(/Ctrl-C ends it/);
  const asked = performance.now();
  client.child.kill('SIGINT');
  expect(await client.ended).toBe(0);
  expect(performance.now() - asked).toBeLessThan(10_000);
});

test('the demo serves its metrics and ends by itself, with the books', async () => {
  const demo = run('demo', '--seconds', '12', '--port', '0', '--metrics-port', '0');
  const [, url] = await demo.printed(/curl (http:\S+)/);
  const metrics = async (from: string) => (await fetch(from)).text();
  const called = (name: string) =>
    new RegExp(`^${name}\\{method="/shop\\.v1\\.Orders/GetOrder",status="OK"\\} [1-9]`, 'm');
  await expect.poll(() => metrics(url!)).toMatch(called('grpc_requests_total'));
  await expect.poll(() => metrics(url!)).toMatch(/^business_operations_total\{operation_type="order_lookup"\} [1-9]/m);
  const [, clientsUrl] = await demo.printed(/clients' own, at \S+:\s+curl (http:\S+)/);
  await expect.poll(() => metrics(clientsUrl!)).toMatch(called('grpc_client_requests_total'));
  await expect
    .poll(() => metrics(clientsUrl!))
    .toMatch(/^grpc_client_channels\{target="dns:localhost:\d+",state="READY"\} 4$/m);
  expect(await demo.ended).toBe(0);
  expect(demo.output()).toMatch(/\d+ calls over [45] connections\n$/);
});

const signals: [program: string, signal: NodeJS.Signals][] = [
  ['demo', 'SIGINT'],
  ['demo', 'SIGTERM'],
  ['server', 'SIGINT'],
  ['server', 'SIGTERM'],
];
test.each(signals)('%s: %s ends it promptly, with exit code 0 and no child left', async (name, signal) => {
  const program = run(name, '--port', '0', '--metrics-port', '0');
  await program.printed(/Ctrl-C ends it\./);
  if (name === 'demo') await expectCallsInFlight(program);
  const children = childrenOf(program.child.pid!);
  expect(children).toHaveLength(name === 'demo' ? 1 : 0);
  const asked = performance.now();
  program.child.kill(signal);
  expect(await program.ended).toBe(0);
  expect(performance.now() - asked).toBeLessThan(10_000);
  expect(children.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
  if (name === 'demo') expect(program.output()).toMatch(/calls over \d connections\n$/);
});

test('the clients of a demo that was killed end by themselves', async () => {
  const demo = run('demo', '--port', '0', '--metrics-port', '0');
  await demo.printed(/Ctrl-C ends it\./);
  await expectCallsInFlight(demo);
  const children = childrenOf(demo.child.pid!);
  expect(children).toHaveLength(1);
  demo.child.kill('SIGKILL');
  // `ended` waits for the outputs, which the child shares.
  await demo.ended;
  await expect.poll(() => children.filter((pid) => existsSync(`/proc/${pid}`)), { timeout: 15_000 }).toEqual([]);
});

test('server and client, with TLS, and a second signal', async () => {
  const server = run('server', '--tls', '--mutual', '--port', '0', '--metrics-port', '0');
  const [, address] = await server.printed(/gRPC +(\S+) \(TLS\)/);
  const client = run('client', '--tls', '--mutual', '--address', address!, '--seconds', '1');
  expect(await client.ended).toBe(0);
  expect(client.output()).toMatch(/\/shop\.v1\.Orders\/GetOrder +OK/);

  const watcher = run('client', '--tls', '--mutual', '--address', address!);
  await watcher.printed(/calling/);
  await expectCallsInFlight(server);
  // Streams keep the server from ending at once.
  server.child.kill('SIGTERM');
  await new Promise((resolve) => setTimeout(resolve, 600)); // within 500 ms it would be the same signal
  expect(server.child.exitCode).toBe(null);
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(143);
  watcher.child.kill('SIGINT');
  expect(await watcher.ended).toBe(0);
  expect(watcher.output()).toMatch(/calls over/);
});

/** Waits until the server of a program is in the middle of streams, which last. */
async function expectCallsInFlight(program: Program): Promise<void> {
  const [, url] = await program.printed(/curl (http:\S+)/);
  const text = async () => (await fetch(url!)).text();
  await expect.poll(text, { timeout: 15_000 }).toMatch(/^grpc_requests_in_flight\{method="\S*WatchOrder"\} [1-9]/m);
}

/** Linux only, as are the machines that run these tests. */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}
