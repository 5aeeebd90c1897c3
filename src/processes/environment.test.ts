import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Group, type GroupEnvironment, groupOf, type ProcessEnvironment, siblingsOf } from './environment.ts';

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

const one: GroupEnvironment = {
  isWorker: false,
  variables: {},
  parent: '7 99',
  mainFile: '/srv/shop.js',
  inherited: undefined,
};
const pm2 = { pm_id: '0', PM2_HOME: '/home/a/.pm2', name: 'shop' };

const sameGroup: [name: string, some: GroupEnvironment, other: GroupEnvironment, isSame: boolean][] = [
  ['processes that run the same file', one, { ...one, parent: '8 99' }, true],
  ['processes that run different files', one, { ...one, mainFile: '/srv/cart.js' }, false],
  ['workers of one primary', { ...one, isWorker: true }, { ...one, isWorker: true, mainFile: '/x' }, true],
  ['workers of different primaries', { ...one, isWorker: true }, { ...one, isWorker: true, parent: '8 99' }, false],
  [
    'workers of a primary whose number came again',
    { ...one, isWorker: true },
    { ...one, isWorker: true, parent: '7 100' },
    false,
  ],
  [
    'instances of an application of PM2',
    { ...one, variables: pm2 },
    { ...one, variables: { ...pm2, pm_id: '1' } },
    true,
  ],
  ['PM2 in both of its modes', { ...one, variables: pm2 }, { ...one, isWorker: true, variables: pm2 }, true],
  ['different applications of PM2', { ...one, variables: pm2 }, { ...one, variables: { ...pm2, name: 'cart' } }, false],
  ['different daemons of PM2', { ...one, variables: pm2 }, { ...one, variables: { ...pm2, PM2_HOME: '/b' } }, false],
];
test.each(sameGroup)('%s', (_name, some, other, isSame) => {
  expect(JSON.stringify(groupOf(some)) === JSON.stringify(groupOf(other))).toBe(isSame);
});

const folders: [name: string, environment: GroupEnvironment, group: Group][] = [
  [
    'a unit of systemd',
    { ...one, variables: { RUNTIME_DIRECTORY: '/run/shop' } },
    { folder: join('/run/shop', 'grpc-vitals') },
  ],
  [
    'a unit with two folders',
    { ...one, variables: { RUNTIME_DIRECTORY: '/run/a:/run/b' } },
    { folder: join('/run/a', 'grpc-vitals') },
  ],
  ['a worker thread', { ...one, inherited: '/dev/shm/x' }, { folder: '/dev/shm/x' }],
];
test.each(folders)('%s', (_name, environment, group) => {
  expect(groupOf(environment)).toEqual(group);
});
