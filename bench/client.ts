import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { Metadata } from '@grpc/grpc-js';
import { observedOptions } from '../src/adapters/grpc-js/client/client-options.ts';
import { ObservedChannels } from '../src/adapters/grpc-js/client/observed-channels.ts';
import type { Channel, ClientListener, OutgoingCall } from '../src/adapters/grpc-js/types.ts';
import { beginCall, endCall, receivedMessage, sentMessage } from '../src/rpc/call.ts';
import { newCall } from '../src/rpc/call-state.ts';
import { ClientStore, type ClientStoreOptions } from '../src/rpc/client-store.ts';
import { Faults } from '../src/rpc/faults.ts';
import type { Role } from './client-process.ts';
import { type Contenders, compare, print, serve, spread } from './compare.ts';

const path = '/bench.v1.Bench/Unary';
const methodDefinition = { path, requestStream: false, responseStream: false };
const metadata = new Metadata();
const message = Buffer.from('message');
const ok = { code: 0, details: 'OK', metadata };

/** A call that does what grpc-js's does towards its client, and nothing else. */
class StubCall implements OutgoingCall {
  listener: ClientListener | undefined;

  start(_metadata: object, listener: ClientListener): void {
    this.listener = listener;
  }
  sendMessageWithContext(): void {}
  halfClose(): void {
    this.listener!.onReceiveMetadata(metadata);
    this.listener!.onReceiveMessage(message);
    this.listener!.onReceiveStatus(ok);
  }
  startRead(): void {}
  cancelWithStatus(): void {}
  getPeer(): string {
    return 'stub';
  }
  getCallNumber(): number {
    return 0;
  }
  setCredentials(): void {}
}

const stub: Channel = {
  createCall: () => new StubCall(),
  getTarget: () => 'stub',
  getConnectivityState: () => 2,
  watchConnectivityState: () => {},
};

/** What grpc-js's client does with a channel for a unary call. */
function invoke(channel: Channel): void {
  const call = channel.createCall(path, Infinity, null, null, null);
  // As grpc-js does for cancel(); V8 would leave out the object of a call that nobody keeps.
  kept.call = call;
  call.start(metadata, listener);
  call.startRead();
  call.sendMessageWithContext({}, message);
  call.halfClose();
}
/** The call under way, where whoever made it can cancel it. */
const kept: { call?: OutgoingCall } = {};

const listener: ClientListener = { onReceiveMetadata: () => {}, onReceiveMessage: () => {}, onReceiveStatus: () => {} };

const transformer = (options: ClientStoreOptions) =>
  observedOptions({}, new ObservedChannels(new ClientStore(new Faults(), options))).callInvocationTransformer;
const transform = transformer({});
const byTarget = transformer({ byTarget: true });
const store = new ClientStore(new Faults());
const noDeadline = () => Infinity;

const names = {
  clock: 'two performance.now()',
  alone: 'recording alone, its method looked up by path',
  bare: 'a call, not observed',
  ours: 'a call, observed',
  byTarget: 'a call, observed, targets told apart',
};

const contenders: Contenders = {
  [names.clock]: (times) => {
    let sum = 0;
    for (let index = 0; index < times; index += 1) sum += performance.now() - performance.now();
    if (sum > 0) throw new Error('the clock runs backwards'); // Uses the sum, so that no read is optimized away.
  },
  [names.alone]: (times) => {
    for (let index = 0; index < times; index += 1) {
      const call = newCall(store, store.method(path)!, noDeadline);
      beginCall(call);
      sentMessage(call);
      receivedMessage(call);
      endCall(call, 0);
    }
  },
  [names.bare]: (times) => {
    for (let index = 0; index < times; index += 1) invoke({ channel: stub, methodDefinition }.channel);
  },
  [names.ours]: (times) => {
    for (let index = 0; index < times; index += 1) invoke(transform({ channel: stub, methodDefinition }).channel);
  },
  [names.byTarget]: (times) => {
    for (let index = 0; index < times; index += 1) invoke(byTarget({ channel: stub, methodDefinition }).channel);
  },
};

serve(contenders);

export async function clients(): Promise<void> {
  const comparison = await compare(import.meta.url, contenders);
  print('A unary call of a client over a stub, its observation included', comparison);
  const { nanoseconds, ratios } = comparison;
  const alone = ratios[names.alone]!.median.toFixed(2);
  const added = (nanoseconds[names.ours]! - nanoseconds[names.bare]!) / nanoseconds[names.clock]!;
  console.log(
    `  of the two clock reads that are in it, recording alone costs ${alone} times as much (goal: at most 1.3),`,
  );
  console.log(`  and all of the observation, less the call itself, ${added.toFixed(2)} times`);
  await wholeCalls();
}

const rounds = 9;
const calls = 5000;

/** Unary calls over the loopback, each client in a process of its own, in turn: CPU time of that process. */
async function wholeCalls(): Promise<void> {
  const server = await start('server');
  const roles = ['bare', 'grpc-vitals', 'grpc-vitals, attempts too', 'opentelemetry'] as const;
  const children = await Promise.all(roles.map((role) => start(role, server.said)));
  const measured = roles.map((): number[] => []);
  for (let round = -2; round < rounds; round += 1) {
    for (const [index, { child }] of children.entries()) {
      child.send(calls);
      const [microseconds] = (await once(child, 'message')) as [number];
      if (round >= 0) measured[index]!.push(microseconds);
    }
  }
  for (const { child } of [server, ...children]) child.disconnect();
  console.log("\nA whole unary call over the loopback, CPU of the client's process");
  for (const [index, role] of roles.entries()) {
    const { median, min, max } = spread(measured[index]!.map((value, round) => value / measured[0]![round]!));
    const ratio = index === 0 ? '1' : `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`;
    console.log(`  ${role.padEnd(50)} ${spread(measured[index]!).median.toFixed(1).padStart(8)} us   x ${ratio}`);
  }
}

/** The process, and what it said when it was ready. */
async function start(role: Role, address = ''): Promise<{ child: ChildProcess; said: string }> {
  const child = fork(new URL('./client-process.js', import.meta.url), [role, address]);
  const [said] = (await once(child, 'message')) as [string];
  return { child, said };
}
