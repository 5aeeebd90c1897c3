import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { GrpcMetrics, type GrpcMetricsOptions } from '../../src/index.ts';
import { foldDead } from '../../src/processes/retire.ts';
import { bookEnding, Shelf } from '../../src/processes/shelf.ts';
import { identityOf } from './folders.ts';
import { anyEvent, declareAll, linesOf, randomFrom } from './history.ts';

let folder: string;
const open: GrpcMetrics[] = [];
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }); // sweeps
  folder = mkdtempSync(join(tmpdir(), 'books-'));
});
afterEach(async () => {
  for (const metrics of open.splice(0)) await metrics.close();
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

const options: GrpcMetricsOptions = {
  service: { name: 'shop' },
  logger: { warn: () => {} },
  details: { messageSizes: true, streamMessages: true, streamDurations: true, deadlines: true },
};

/** A process that is alone, or that shares a folder with others. */
function start(processes?: GrpcMetricsOptions['processes']): GrpcMetrics {
  const metrics = new GrpcMetrics({ ...options, processes });
  declareAll(metrics);
  open.push(metrics);
  return metrics;
}

/** Two living processes and a dead one, and one that has done alone what they have done. */
class Service {
  readonly alone: GrpcMetrics = start();
  readonly processes: readonly GrpcMetrics[] = [start({ folder }), start({ folder })];
  readonly folder: string = join(folder, 'gen-1');
  readonly #dead = start({ folder });
  readonly #random = randomFrom(7);

  /** All three work, and one ends and is folded. */
  async begin(): Promise<void> {
    for (const event of [anyEvent(this.#random), anyEvent(this.#random), addTenth]) {
      event(this.alone);
      event(this.#dead);
    }
    await this.#dead.close();
    await this.work();
    this.sweep();
    expect(this.books()).toHaveLength(2);
    await this.check();
  }

  /** Events in both processes, and the end of their turn. */
  async work(): Promise<void> {
    for (let events = 0; events < 60; events += 1) {
      const event = anyEvent(this.#random);
      event(this.alone);
      event(this.processes[Math.floor(this.#random() * 2)]!);
      // An amount that binary fractions do not have.
      if (events % 10 === 0) for (const one of [this.alone, this.processes[events % 20 === 0 ? 0 : 1]!]) addTenth(one);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** The books that are there. */
  books(): string[] {
    return readdirSync(this.folder).filter((name) => name.endsWith(bookEnding));
  }

  /** Another process takes the owners of these books for dead, and has read their books. */
  beginFold(books: readonly string[] = this.books()): Shelf {
    const isDead = (name: string) => books.includes(`${name}${bookEnding}`);
    const shelf = new Shelf(this.folder, { lifeOf: ({ name }) => (isDead(name) ? 'dead' : 'alive') });
    shelf.refresh();
    return shelf;
  }

  sweep(): void {
    vi.advanceTimersByTime(1000);
  }

  /** Whether both processes show all that was done, once. */
  async check(): Promise<void> {
    for (const naming of [undefined, 'basic', 'go', 'grpc', 'otel'] as const) {
      const expected = await linesOf(this.alone, naming);
      for (const one of this.processes) expect(await linesOf(one, naming)).toEqual(expected);
    }
  }
}

function addTenth(metrics: GrpcMetrics): void {
  metrics.counter({ name: 'tenths_total', help: 'Tenths' }).inc(0.125 + 2 ** -40);
}

function fold(shelf: Shelf, step?: (name: string) => void): void {
  foldDead(shelf, identityOf('x'), step);
  shelf.close();
}

const killedAt = (at: string) => (step: string) => {
  if (step === at) throw new Error('killed');
};

const interleavings: [name: string, act: (service: Service) => Promise<void> | void][] = [
  ['folded, and nothing was written since', (service) => fold(service.beginFold())],
  [
    'folded between a write and the sweep',
    async (service) => {
      fold(service.beginFold());
      await service.work();
    },
  ],
  [
    'written between the reading of the folder and the fold',
    async (service) => {
      const shelf = service.beginFold();
      await service.work();
      fold(shelf);
      await service.work();
    },
  ],
  [
    'swept between the reading of the folder and the fold',
    async (service) => {
      const shelf = service.beginFold();
      await service.work();
      service.sweep();
      fold(shelf);
    },
  ],
  ['one of the two', (service) => fold(service.beginFold(service.books().slice(0, 1)))],
  [
    'the folder dies before it removes the books',
    async (service) => {
      expect(() => fold(service.beginFold(), killedAt('linked'))).toThrow('killed');
      await service.work();
      service.sweep();
    },
  ],
  [
    'the folder dies before the new sum is in place',
    async (service) => {
      expect(() => fold(service.beginFold(), killedAt('written'))).toThrow('killed');
      await service.work();
      fold(service.beginFold());
    },
  ],
  [
    'again and again',
    async (service) => {
      for (let round = 0; round < 5; round += 1) {
        await service.work();
        const shelf = service.beginFold();
        await service.work();
        fold(shelf);
        service.sweep();
      }
    },
  ],
  [
    'the state that was folded is gone: what was written last stands for it',
    (service) => {
      fold(service.beginFold());
      for (const name of readdirSync(service.folder))
        if (name.startsWith('folded-')) rmSync(join(service.folder, name));
    },
  ],
  [
    'not folded, but removed: the new book is whole',
    async (service) => {
      for (const name of service.books()) rmSync(join(service.folder, name));
      await service.work();
    },
  ],
  [
    'folded, and later removed: the new book is what the folded one lacks',
    async (service) => {
      fold(service.beginFold());
      service.sweep();
      for (const name of service.books()) rmSync(join(service.folder, name));
      await service.work();
    },
  ],
];
test.each(interleavings)('a process whose book was folded although it lives counts once: %s', async (_name, act) => {
  const service = new Service();
  await service.begin();
  await act(service);
  service.sweep();
  await service.check();
  await service.work();
  service.sweep();
  await service.check();
});

test('the files of a generation vanish after a fold: the new books are whole', async () => {
  const service = new Service();
  await service.work();
  fold(service.beginFold());
  service.sweep();
  rmSync(service.folder, { recursive: true });
  service.sweep();
  await service.check();
});
