import { expect, test } from 'vitest';
import { ClientStore } from '../rpc/client-store.ts';
import { Faults } from '../rpc/faults.ts';
import { ServerStore } from '../rpc/server-store.ts';
import { serverFaults, statusNames } from '../rpc/status.ts';
import { self } from './own/self.ts';
import { readableNames, tellingFamilies } from './readable.ts';
import { basic } from './vocabularies/basic.ts';
import { basicClient } from './vocabularies/basic-client.ts';

const faults = new Faults();
const families = [
  basic(new ServerStore(faults, {})),
  basicClient(new ClientStore(faults, {})),
  self(faults, { server: { excluded: 0 }, client: { excluded: 0 } }),
].flatMap((collector) => collector.families.map(({ name, type }) => `${type} ${name}`));

const ours = readableNames.filter(({ method }) => method[0] === 'method');

test.each(ours)('$handled and its like are what we expose', ({ handled, durations, inFlight, zeros }) => {
  const gauge = inFlight !== undefined && 'gauge' in inFlight ? inFlight.gauge : '';
  expect(families).toEqual(
    expect.arrayContaining([`counter ${handled[0]}`, `histogram ${durations[0]}`, `gauge ${gauge}`]),
  );
  expect(zeros?.statuses).toEqual(['OK', ...serverFaults.map((code) => statusNames[code])]);
});

test('both sides of ours are there, and what tells that it is ours', () => {
  expect(ours.map(({ side }) => side)).toEqual(['server', 'client']);
  expect(families).toContain(`counter ${tellingFamilies[0]}`);
});
