import { expect, test } from 'vitest';
import { type ChannelState, Channels } from './channels.ts';
import { Faults } from './faults.ts';

const names = (channels: Channels) => Array.from(channels.targets(), ({ name }) => name);

test('the channels to a target are counted together, by their state at that moment', () => {
  const target = new Channels(new Faults(() => {})).target('dns:a:1');
  let state: ChannelState | undefined = 'IDLE';
  const first = () => state;
  target.add(first);
  target.add(() => 'READY');
  expect(target.states()).toEqual({ IDLE: 1, CONNECTING: 0, READY: 1, TRANSIENT_FAILURE: 0 });
  state = 'TRANSIENT_FAILURE';
  expect(target.states()).toEqual({ IDLE: 0, CONNECTING: 0, READY: 1, TRANSIENT_FAILURE: 1 });
  state = undefined;
  expect(target.states()).toEqual({ IDLE: 0, CONNECTING: 0, READY: 1, TRANSIENT_FAILURE: 0 });
  state = 'READY';
  target.remove(first);
  expect(target.states()).toEqual({ IDLE: 0, CONNECTING: 0, READY: 1, TRANSIENT_FAILURE: 0 });
});

test('a target is made once', () => {
  const channels = new Channels(new Faults(() => {}));
  expect(channels.target('dns:a:1')).toBe(channels.target('dns:a:1'));
  expect(channels.target('dns:a:1')).not.toBe(channels.target('dns:a:2'));
  expect(names(channels)).toEqual(['dns:a:1', 'dns:a:2']);
});

test('targets that the filter turns down are one', () => {
  const channels = new Channels(new Faults(() => {}), (target) => !target.startsWith('ipv4:'));
  expect(channels.target('ipv4:10.0.0.1:1')).toBe(channels.target('ipv4:10.0.0.2:1'));
  channels.target('dns:a:1');
  expect(names(channels)).toEqual(['other', 'dns:a:1']);
});

test('what is no filter is refused', () => {
  const mistake = () => new Channels(new Faults(() => {}), ['dns:a:1'] as never);
  const message = 'targets must be a function of a target, not ["dns:a:1"]';
  expect(mistake).toThrow(expect.objectContaining({ code: 'invalid_option', message }));
});

test('a filter that throws costs the target its name, and is a fault', () => {
  const faults = new Faults(() => {});
  const channels = new Channels(faults, () => {
    throw new Error('a bug');
  });
  channels.target('dns:a:1').entered('READY');
  expect(names(channels)).toEqual(['other']);
  expect(faults.counts.connection).toBe(1);
});

test('beyond a hundred all targets are one, and that is counted', () => {
  const faults = new Faults(() => {});
  const channels = new Channels(faults);
  for (let index = 0; index < 120; index += 1) channels.target(`dns:a:${index}`).entered('READY');
  expect(names(channels)).toHaveLength(101);
  expect(channels.target('other').transitions.READY).toBe(20);
  expect(faults.folded.targets).toBe(20);
});

test('what no format can have as a name is other, or the name that it would become', () => {
  const channels = new Channels(new Faults(() => {}));
  expect(channels.target(undefined as never).name).toBe('other');
  expect(channels.target('dns:\ud800')).toBe(channels.target('dns:\ufffd'));
});
