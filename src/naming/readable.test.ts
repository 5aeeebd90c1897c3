import { expect, test } from 'vitest';
import { Faults } from '../core/faults.ts';
import { ClientStore } from '../rpc/client-store.ts';
import { ServerStore } from '../rpc/server-store.ts';
import { serverFaults, statusNames } from '../rpc/status.ts';
import { basic } from './basic.ts';
import { basicClient } from './basic-client.ts';
import { alwaysThere, readableNames } from './readable.ts';
import { self } from './self.ts';

const faults = new Faults();
const families = [
  basic(new ServerStore(faults, {})),
  basicClient(new ClientStore(faults, {})),
  self(faults, { server: { excluded: 0 }, client: { excluded: 0 } }),
].flatMap((collector) => collector.families.map(({ name, type }) => `${type} ${name}`));

const ours = readableNames.filter(({ method }) => method.length === 1);

test.each(ours)('$handled and its like are what we expose', ({ handled, duration, inFlight, expected }) => {
  const gauge = 'gauge' in inFlight ? inFlight.gauge : '';
  expect(families).toEqual(expect.arrayContaining([`counter ${handled}`, `histogram ${duration}`, `gauge ${gauge}`]));
  expect(expected).toEqual(['OK', ...serverFaults.map((code) => statusNames[code])]);
});

test('both sides of ours are there, and what tells that it is ours', () => {
  expect(ours.map(({ side }) => side)).toEqual(['server', 'client']);
  expect(families).toContain(`counter ${alwaysThere}`);
});
