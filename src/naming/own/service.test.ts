import { expect, test } from 'vitest';
import { collected } from '../../../test/support/collected.ts';
import { MetricsError } from '../../core/errors.ts';
import { type ServiceInfo, service } from './service.ts';

const infos: [name: string, info: ServiceInfo, labels: Record<string, string>][] = [
  ['name and version', { name: 'shop', version: '1.2.3' }, { service: 'shop', version: '1.2.3' }],
  [
    "the user's own, after them",
    { team: 'a "b"', name: 'shop', version: '1' },
    { service: 'shop', version: '1', team: 'a "b"' },
  ],
  ['empty values', { name: '', version: '', team: '' }, { service: '', version: '', team: '' }],
];
test.each(infos)('service: %s', (_name, info, labels) => {
  const collector = service(info);
  expect(collector.families).toMatchObject([{ name: 'grpc_service_info', type: 'gauge' }]);
  const found = collected(collector);
  expect(found).toEqual([
    { name: 'grpc_service_info', type: 'gauge', help: 'Service metadata', series: [{ labels, value: 1 }] },
  ]);
  expect(Object.keys(found[0]!.series[0]!.labels)).toEqual(Object.keys(labels));
});

const labelRule = 'of "grpc_service_info" must match ^[a-zA-Z_][a-zA-Z0-9_]*$ and not start with __';
const shop = { name: 'shop', version: '1' };
const mistakes: [name: string, info: object, message: string][] = [
  ['service', { ...shop, service: 'x' }, 'service: { service } is taken by { name }: rename it'],
  ['a dash', { ...shop, 'team-name': 'x' }, `label name "team-name" ${labelRule}`],
  ['empty', { ...shop, '': 'x' }, `label name "" ${labelRule}`],
  ['a reserved one', { ...shop, __team: 'x' }, `label name "__team" ${labelRule}`],
  ['a number', { ...shop, team: 5 }, 'service: { team } must be a text, not 5'],
  ['null', { ...shop, version: null }, 'service: { version } must be a text, not null'],
  ['an object', { ...shop, name: {} }, 'service: { name } must be a text, not {}'],
];
test.each(mistakes)('service throws invalid_label: %s', (_name, info, message) => {
  expect(() => service(info as ServiceInfo)).toThrow(new MetricsError('invalid_label', message));
  expect(() => service(info as ServiceInfo)).toThrow(expect.objectContaining({ code: 'invalid_label' }));
});
