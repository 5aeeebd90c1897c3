import { expect, test } from 'vitest';
import type { Histogram } from '../../core/histogram.ts';
import { CallNotes } from '../call-notes.ts';
import { Faults } from '../faults.ts';
import { ServerStore } from '../server-store.ts';
import { type CallDetailsOptions, type ChosenDetails, chooseDetails, hasDetails, MethodDetails } from './details.ts';
import type { GrpcMethodType } from './method-type.ts';

const wrong: [name: string, details: unknown, code: string, says: string][] = [
  ['text', 'all', 'invalid_option', 'details must be an object, such as { messageSizes: true }, not "all"'],
  ['null', null, 'invalid_option', 'details must be an object, such as { messageSizes: true }, not null'],
  ['an unknown detail', { sizes: true }, 'invalid_option', 'details: unknown option "sizes", known are messageSizes,'],
  ['what is inherited', { toString: true }, 'invalid_option', 'details: unknown option "toString"'],
  ['a number', { deadlines: 5 }, 'invalid_option', 'deadlines must be true, false or an array of bounds, not 5'],
  ['no bounds', { messageSizes: [] }, 'invalid_buckets', '"details: messageSizes" must be an array of at least one'],
  [
    'bounds below 0',
    { streamMessages: [-1, 1] },
    'invalid_buckets',
    'bucket -1 of "details: streamMessages" is below 0',
  ],
  ['bounds that fall', { streamMessages: [2, 1] }, 'invalid_buckets', 'must increase strictly, but have 2, 1'],
];
test.each(wrong)('refused: %s', (_name, details, code, says) => {
  const choose = () => chooseDetails(details as CallDetailsOptions);
  expect(choose).toThrow(expect.objectContaining({ code, message: expect.stringContaining(says) }));
});

test('nothing is chosen by default, and false and undefined are nothing', () => {
  expect(chooseDetails()).toEqual({});
  expect(chooseDetails({ deadlines: false, messageSizes: undefined })).toEqual({});
});

test('true is the bounds of the default, others are copied', () => {
  const mine = [1, 2, Infinity];
  const chosen = chooseDetails({ deadlines: true, messageSizes: mine });
  expect(chosen).toEqual({ deadlines: expect.arrayContaining([0, 0.005, 10]), messageSizes: [1, 2] });
  mine[0] = 9;
  expect(chosen.messageSizes).toEqual([1, 2]);
});

const all: ChosenDetails = { messageSizes: [10], streamMessages: [1], streamDurations: [1], deadlines: [0, 1] };
const none = { receivedOfStream: false, sentOfStream: false };
const directions: [side: 'server' | 'client', type: GrpcMethodType, has: object][] = [
  ['server', 'unary', none],
  ['server', 'client_stream', { ...none, receivedOfStream: true }],
  ['server', 'server_stream', { ...none, sentOfStream: true }],
  ['server', 'bidi_stream', { receivedOfStream: true, sentOfStream: true }],
  ['client', 'unary', none],
  ['client', 'client_stream', { ...none, sentOfStream: true }],
  ['client', 'server_stream', { ...none, receivedOfStream: true }],
  ['client', 'bidi_stream', { receivedOfStream: true, sentOfStream: true }],
];
test.each(directions)('messages of a %s are counted in the direction in which a %s streams', (side, type, has) => {
  const details = of(side, type, all);
  const { receivedOfStream, sentOfStream } = details;
  expect({ receivedOfStream: receivedOfStream !== undefined, sentOfStream: sentOfStream !== undefined }).toEqual(has);
  expect(details.notes() !== undefined).toBe(type !== 'unary');
});

function of(side: 'server' | 'client', type: GrpcMethodType, chosen: ChosenDetails): MethodDetails {
  return new MethodDetails(side, type, chosen, () => {});
}

const wanted: [name: string, chosen: ChosenDetails, type: GrpcMethodType, has: boolean][] = [
  ['nothing', {}, 'bidi_stream', false],
  ['sizes', { messageSizes: [1] }, 'unary', true],
  ['deadlines', { deadlines: [1] }, 'unary', true],
  ['messages of streams', { streamMessages: [1] }, 'unary', false],
  ['messages of streams', { streamMessages: [1] }, 'server_stream', true],
  ['durations of streams, which are recorded anyway', { streamDurations: [1] }, 'server_stream', false],
];
test.each(wanted)('%s %j of %s: %s', (_name, chosen, type, has) => {
  expect(hasDetails(chosen, type)).toBe(has);
});

test('what is left of a deadline is 0 when it has passed, and a call without one is counted', () => {
  const details = of('server', 'unary', all);
  const withoutOne = [Infinity, Number.MAX_SAFE_INTEGER, Number.NaN];
  for (const deadline of [Date.now() + 500_000, new Date(Date.now() - 60_000), ...withoutOne]) {
    details.ended(undefined, deadline);
  }
  const { buckets, sum } = read(details.deadlinesLeft);
  expect(buckets).toEqual([1, 0, 1]);
  expect(sum).toBeGreaterThan(490);
  expect(sum).toBeLessThanOrEqual(500);
  expect(details.withoutDeadline).toBe(withoutOne.length);
});

test('a stream has the number of its messages', () => {
  const details = of('server', 'bidi_stream', all);
  const notes = new CallNotes();
  for (const bytes of [1, undefined]) notes.received(bytes);
  details.ended(notes, Infinity);
  expect(read(details.receivedOfStream)).toMatchObject({ buckets: [0, 1], sum: 2 });
  expect(read(details.sentOfStream)).toMatchObject({ buckets: [1, 0], sum: 0 });
});

test('only sizes that are known are observed, those that are told later too', () => {
  const store = new ServerStore(new Faults(), { details: { messageSizes: [10] } });
  store.declare('/a.B/C', 'unary');
  const method = store.method('/a.B/C')!;
  for (const size of [5, 50, undefined]) {
    method.received(size);
    method.sent(size);
  }
  method.sized(500);
  expect(method).toMatchObject({ messagesReceived: 3, messagesSent: 3, bytesReceived: 55, bytesSent: 555 });
  expect(read(method.details?.receivedSizes)).toMatchObject({ buckets: [1, 1], sum: 55 });
  expect(read(method.details?.sentSizes)).toMatchObject({ buckets: [1, 2], sum: 555 });
});

test('a method whose type is not known has no details', () => {
  const store = new ServerStore(new Faults(), { details: all });
  expect(store.method('/a.B/C')).toMatchObject({ details: undefined, openStreams: undefined });
});

function read(histogram: Histogram | undefined) {
  return histogram!.live({});
}
