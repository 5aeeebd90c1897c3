import { describe, expect, test } from 'vitest';
import { collected } from '../../test/support/collected.ts';
import type { MetricFamily, MetricType } from '../core/snapshot.ts';
import { ClientStore } from '../rpc/client-store.ts';
import { Faults } from '../rpc/faults.ts';
import { ServerStore } from '../rpc/server-store.ts';
import { serverFaults, status } from '../rpc/status.ts';
import { type CallShape, type GrowingNumber, methodLabelNames, methodPath, type Side } from './call-shape.ts';
import { readableShapes } from './readable-shapes.ts';
import { allVocabularies } from './vocabularies/all.ts';
import type { Vocabulary } from './vocabulary.ts';

/** What a side exposes of one method that streams, which had one call that ended INTERNAL, retried once. */
function exposed({ server, client }: Vocabulary, side: Side, isCalled = true): MetricFamily[] {
  const faults = new Faults(() => {});
  const [servers, clients] = [new ServerStore(faults), new ClientStore(faults)];
  const store = side === 'server' ? servers : clients;
  store.declare('/a.B/C', 'bidi_stream');
  clients.channels.target('dns:a:1');
  if (isCalled) {
    const method = store.method('/a.B/C')!;
    method.started += 1;
    method.finish(status.INTERNAL, 0);
    method.retried(1);
  }
  return collected(side === 'server' ? server.project(servers) : client.project(clients));
}

const typeOf = ({ family, sample }: GrowingNumber): MetricType => (family === sample ? 'counter' : 'histogram');

/** The families that a shape names, by name, with their types. */
function namedFamilies(shape: CallShape): Record<string, MetricType> {
  const { requests, durations, errors, inFlight, started, streams, received, sent, connections } = shape;
  const families: [name: string | undefined, type: MetricType][] = [
    [requests.family, typeOf(requests)],
    [durations, 'histogram'],
    [errors, 'counter'],
    [inFlight, 'gauge'],
    [started, 'counter'],
    [streams, 'gauge'],
    [received, 'counter'],
    [sent, 'counter'],
    [connections, 'gauge'],
    [shape.retries?.family, shape.retries === undefined ? 'counter' : typeOf(shape.retries)],
    [shape.channels?.family, 'gauge'],
  ];
  return Object.fromEntries(families.filter(([name]) => name !== undefined));
}

const sides = allVocabularies.flatMap((vocabulary) =>
  (['server', 'client'] as const).map((side) => ({ name: `${vocabulary.name}, ${side}`, vocabulary, side })),
);
describe.each(sides)('$name: the shape is what is exposed', ({ vocabulary, side }) => {
  const { shape } = vocabulary[side];
  const families = exposed(vocabulary, side);
  const seriesOf = (family: string) => families.find(({ name }) => name === family)!.series;

  test('its families, with their types', () => {
    expect(shape.side).toBe(side);
    const types = Object.fromEntries(families.map(({ name, type }) => [name, type]));
    expect(types).toMatchObject(namedFamilies(shape));
  });

  test('its labels of the method, on every series of calls', () => {
    const { connections, channels } = shape;
    const ofCalls = Object.keys(namedFamilies(shape)).filter((name) => ![connections, channels?.family].includes(name));
    for (const { labels } of ofCalls.flatMap((name) => [...seriesOf(name)])) {
      expect(Object.keys(labels)).toEqual(expect.arrayContaining([...methodLabelNames(shape)]));
      expect(methodPath(shape, (label) => labels[label])).toBe('/a.B/C');
      if (shape.type !== undefined) expect(shape.type.values).toContain(labels[shape.type.label]);
    }
  });

  test('its label of the status, in its spelling', () => {
    const ended = seriesOf(shape.requests.family).filter((one) => !('value' in one) || one.value > 0);
    expect(ended.map(({ labels }) => labels[shape.status.label])).toEqual([shape.status.codes[status.INTERNAL]]);
  });

  test('its labels of channels', () => {
    const { channels } = shape;
    const labels = channels === undefined ? [] : seriesOf(channels.family).map((one) => Object.keys(one.labels));
    const expected =
      channels === undefined ? [] : Array.from({ length: 4 }, () => [channels.targetLabel, channels.stateLabel]);
    expect(labels).toEqual(expected);
  });

  test('zeros before the first call, where it says so', () => {
    const before = exposed(vocabulary, side, false).find(({ name }) => name === shape.requests.family)!;
    const statuses = before.series.map(({ labels }) => labels[shape.status.label]);
    const expected = [status.OK, ...serverFaults].map((code) => shape.status.codes[code]);
    const absent = expected.filter((name) => !statuses.includes(name));
    expect(absent).toEqual(shape.startsAtZero ? [] : expected);
  });

  test('no label that the vocabulary does not declare', () => {
    const names = new Set(families.flatMap(({ series }) => series.flatMap(({ labels }) => Object.keys(labels))));
    expect(vocabulary.labels).toEqual(expect.arrayContaining([...names]));
  });
});

const paths: [name: string, method: CallShape['method'], labels: Record<string, string>, path: string | undefined][] = [
  ['a path', { label: 'm', form: '/service/method' }, { m: '/a.B/C' }, '/a.B/C'],
  ['a full name', { label: 'm', form: 'service/method' }, { m: 'a.B/C' }, '/a.B/C'],
  ['a constant', { label: 'm', form: 'service/method' }, { m: '_OTHER' }, '_OTHER'],
  ['a path where a full name is usual', { label: 'm', form: 'service/method' }, { m: '/a.B/C' }, '/a.B/C'],
  ['a constant of ours', { label: 'm', form: '/service/method' }, { m: 'unknown' }, 'unknown'],
  ['a bare method name', { label: 'm', form: '/service/method' }, { m: 'Say' }, undefined],
  ['an empty label', { label: 'm', form: 'service/method' }, { m: '' }, undefined],
  ['without the label', { label: 'm', form: '/service/method' }, { other: '/a.B/C' }, undefined],
  ['two labels', { serviceLabel: 's', methodLabel: 'm' }, { s: 'a.B', m: 'C' }, '/a.B/C'],
  ['two labels, unknown', { serviceLabel: 's', methodLabel: 'm' }, { s: 'unknown', m: 'unknown' }, 'unknown'],
  ['two labels, one unknown', { serviceLabel: 's', methodLabel: 'm' }, { s: 'unknown', m: 'other' }, '/unknown/other'],
  ['one of two labels', { serviceLabel: 's', methodLabel: 'm' }, { s: 'a.B' }, undefined],
];
test.each(paths)('the method of a series: %s', (_name, method, labels, path) => {
  expect(methodPath({ method } as CallShape, (label) => labels[label])).toBe(path);
});

test('no two readable shapes of a side are equal', () => {
  const texts = readableShapes().map((shape) => JSON.stringify(shape));
  expect(new Set(texts).size).toBe(texts.length);
});
