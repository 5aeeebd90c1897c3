import { expect, test } from 'vitest';
import { type ProcessEnvironment, siblingsOf } from './environment.ts';

const environments: [name: string, environment: ProcessEnvironment, siblings: string | undefined][] = [
  ['a process of its own', { isWorker: false, variables: {} }, undefined],
  ['a worker of node:cluster', { isWorker: true, variables: {} }, 'node:cluster'],
  ['PM2, cluster mode', { isWorker: true, variables: { pm_id: '0', NODE_APP_INSTANCE: '0', instances: '4' } }, 'PM2'],
  ['PM2, fork mode', { isWorker: false, variables: { pm_id: '2', NODE_APP_INSTANCE: '1', instances: '2' } }, 'PM2'],
  [
    'PM2, one instance',
    { isWorker: false, variables: { pm_id: '0', NODE_APP_INSTANCE: '0', instances: '1' } },
    undefined,
  ],
  ['PM2, one instance in cluster mode', { isWorker: true, variables: { pm_id: '0', instances: '1' } }, undefined],
  ['PM2 that does not say how many', { isWorker: false, variables: { pm_id: '3' } }, 'PM2'],
  ['an instance of something else', { isWorker: false, variables: { NODE_APP_INSTANCE: '0' } }, 'PM2'],
  ['a variable of another', { isWorker: false, variables: { instances: '4' } }, undefined],
];
test.each(environments)('%s', (_name, environment, siblings) => {
  expect(siblingsOf(environment)).toBe(siblings);
});
