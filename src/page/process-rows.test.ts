import { expect, test } from 'vitest';
import type { Role } from '../live/protocol.ts';
import { Model } from './model.ts';
import { processRows } from './process-rows.ts';
import { hello, type Snapshot, Teller } from './stream.fixture.ts';

function modelOf(moments: readonly [t: number, Snapshot][]): Model {
  const [model, teller] = [new Model(), new Teller()];
  model.begin(hello());
  for (const [t, snapshot] of moments) model.read(teller.frame(t, snapshot));
  return model;
}

interface Told {
  readonly worker: number;
  readonly pid: number;
  readonly calls?: number;
  readonly late?: number;
  readonly start?: number;
}

/** What a service says of some of its processes; each has made twice as many calls as it was asked for. */
const told = (...processes: readonly Told[]): Snapshot =>
  processes.flatMap(({ worker: number, pid, calls = 0, late = 0, start }): Snapshot => {
    const worker = `worker ${number}`;
    const one = (role: Role, value: number, labels = {}): Snapshot[number] => [
      { name: role, type: role.endsWith('calls') || role.endsWith('cpu') ? 'counter' : 'gauge', role },
      { worker, ...labels },
      value,
    ];
    return [
      one('processes.late', late, { pid: String(pid) }),
      one('processes.calls', calls, { side: 'server' }),
      one('processes.calls', 2 * calls, { side: 'client' }),
      one('processes.inFlight', number, { side: 'server' }),
      one('processes.connections', number + 3, { side: 'server' }),
      ...(start === undefined
        ? []
        : [
            one('runtime.startTime', start),
            one('runtime.cpu', calls / 100),
            one('runtime.residentMemory', 1e8),
            one('runtime.loopDelayMax', 0.02),
          ]),
    ];
  });

test('each process has its own numbers, in the order of the workers', () => {
  const model = modelOf([
    [100, told({ worker: 10, pid: 7, start: 40 }, { worker: 2, pid: 8, start: 70 })],
    [110, told({ worker: 10, pid: 7, start: 40, calls: 50 }, { worker: 2, pid: 8, start: 70, late: 1 })],
  ]);
  expect(processRows(model, 1, 60, 'server')).toEqual([
    ['worker 2 · pid 8', '40 s', '0.00', '2', '5', '0%', '20.0 ms', '100 MB', 'late'],
    ['worker 10 · pid 7', '1 min 10 s', '5.00', '10', '13', '5.0%', '20.0 ms', '100 MB', 'alive'],
  ]);
  expect(processRows(model, 1, 60, 'client')[1]!.slice(2, 5)).toEqual(
    ['10.00', '–', '–'].map((text, at) => (at === 0 ? '10.0' : text)),
  );
});

test('a worker thread says nothing of its process', () => {
  const model = modelOf([
    [1, told({ worker: 0, pid: 7 })],
    [2, told({ worker: 0, pid: 7 })],
  ]);
  expect(processRows(model, 1, 60, 'server')).toEqual([
    ['worker 0 · pid 7', '–', '0.00', '0', '3', '–', '–', '–', 'alive'],
  ]);
});

test('a process that takes the number of one that died takes its row', () => {
  const model = modelOf([
    [1, told({ worker: 0, pid: 7, calls: 90 }, { worker: 1, pid: 8 })],
    [2, told({ worker: 1, pid: 8 })],
    [3, told({ worker: 1, pid: 8 }, { worker: 0, pid: 9, calls: 4 })],
  ]);
  const rows = (at: number) => processRows(model, at, 1, 'server').map(([name, , rate]) => [name, rate]);
  expect(rows(0).map(([name]) => name)).toEqual(['worker 0 · pid 7', 'worker 1 · pid 8']);
  expect(rows(1)).toEqual([['worker 1 · pid 8', '0.00']]);
  expect(rows(2)).toEqual([
    ['worker 0 · pid 9', '4.00'],
    ['worker 1 · pid 8', '0.00'],
  ]);
});

test('a service of one process says nothing of processes', () => {
  expect(processRows(modelOf([[1, []]]), 0, 60, 'server')).toEqual([]);
});
