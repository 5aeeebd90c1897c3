import { expect, test } from 'vitest';
import { ClientStore } from '../../../rpc/client-store.ts';
import { Faults } from '../../../rpc/faults.ts';
import type { Channel } from '../types.ts';
import { watchChannel } from './channel.ts';

const IDLE = 0;
const CONNECTING = 1;
const READY = 2;
const SHUTDOWN = 4;

/** A channel whose state is set by hand. Its watchers are called as grpc-js calls them: from the list as it was. */
function channelIn(state: number) {
  let current = state;
  let watchers: { state: number; callback: () => void }[] = [];
  const channel = {
    getTarget: () => 'dns:a:1',
    getConnectivityState: () => current,
    watchConnectivityState: (from: number, _deadline: number, callback: () => void) => {
      watchers.push({ state: from, callback });
    },
  } as unknown as Channel;
  const enter = (next: number) => {
    current = next;
    for (const watcher of watchers) {
      if (watcher.state === next) continue;
      watchers = watchers.filter((other) => other !== watcher);
      watcher.callback();
    }
  };
  return { channel, enter, watching: () => watchers.length };
}

function watched(channel: Channel) {
  const store = new ClientStore(new Faults());
  watchChannel(channel, store);
  return store.channels;
}

test('each state that is entered is counted, until the channel is closed', () => {
  const { channel, enter, watching } = channelIn(IDLE);
  const channels = watched(channel);
  for (const state of [CONNECTING, READY, IDLE, CONNECTING, SHUTDOWN]) enter(state);
  expect(channels.target('dns:a:1').transitions).toEqual({ IDLE: 1, CONNECTING: 2, READY: 1, TRANSIENT_FAILURE: 0 });
  expect(watching()).toBe(0);
});

test('a state that is left again by a watcher that was called before is missed, and nothing counts twice', () => {
  const { channel, enter, watching } = channelIn(READY);
  channel.watchConnectivityState(READY, Infinity, () => enter(CONNECTING));
  const channels = watched(channel);
  enter(IDLE);
  enter(READY);
  expect(channels.target('dns:a:1').transitions).toEqual({ IDLE: 0, CONNECTING: 1, READY: 1, TRANSIENT_FAILURE: 0 });
  expect(watching()).toBe(1);
});

test('a closed channel is not watched', () => {
  const { channel, watching } = channelIn(SHUTDOWN);
  expect([...watched(channel).targets()]).toEqual([]);
  expect(watching()).toBe(0);
});
