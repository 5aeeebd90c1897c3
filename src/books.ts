import { join, resolve } from 'node:path';
import { monotonicSeconds } from './core/clock.ts';
import type { ProcessesOptions } from './options.ts';
import { CallRows } from './processes/call-rows.ts';
import { groupOf, passGroup } from './processes/environment.ts';
import { FamilyRows } from './processes/family-rows.ts';
import { findBase, isInMemory, privateFolder, userFolder } from './processes/folder.ts';
import { removeAbandoned } from './processes/generation.ts';
import { identify } from './processes/identity.ts';
import { IncludedRows } from './processes/included-rows.ts';
import { Ledger, type LedgerOptions } from './processes/ledger.ts';
import { Lifecycle } from './processes/lifecycle.ts';
import { lifeReader } from './processes/shelf.ts';
import type { Faults } from './rpc/faults.ts';

/** The book of this process, and what writes it. */
export interface Books {
  readonly ledger: Ledger;
  readonly calls: CallRows;
  readonly families: FamilyRows;
  readonly lifecycle: Lifecycle;
  readonly included: IncludedRows;
}

/**
 * Opens a book that only a thread of this process reads. Returns undefined where there cannot be one, which is warned of: then there is no such
 * thread.
 */
export function openOwnBook(faults: Faults): Books | undefined {
  try {
    const base = findBase();
    const user = userFolder(base.path);
    const own = identify();
    const group = privateFolder(join(user, `alone-${own.name}`));
    removeAbandoned(user, group, lifeReader(own));
    if (!base.isMemory) faults.note(`thread: ${group} is not in memory, so that a slow disk can hold the service up`);
    return booksIn({ group, isAlone: true, own }, faults);
  } catch (error) {
    faults.count('scrape', explain(error), 'thread: the endpoint answers on the main thread, as there is no folder');
    return undefined;
  }
}

/**
 * Opens the book of this process. Returns undefined where there cannot be one, which is warned of: the process then has its own
 * metrics alone.
 */
export function openBooks({ folder, maxBytes }: ProcessesOptions, faults: Faults): Books | undefined {
  try {
    const group = findGroup(folder);
    const books = booksIn({ group, ...(maxBytes !== undefined && { maxBytes }) }, faults);
    passGroup(group);
    if (!isInMemory(group))
      faults.note(`processes: ${group} is not in memory, so that a slow disk can hold the service up: ${remedy}`);
    return books;
  } catch (error) {
    faults.count(
      'scrape',
      explain(error),
      'processes: this process has its own metrics alone, as there is no folder for its book',
    );
    return undefined;
  }
}

function booksIn(options: Omit<LedgerOptions, 'sources' | 'failed'>, faults: Faults): Books {
  let ledger: Ledger | undefined;
  const plan = () => ledger?.plan();
  const calls = new CallRows(plan, (count) =>
    faults.fold('series', 'calls of all processes have their series (maxCallSeries)', undefined, count),
  );
  const families = new FamilyRows(plan, monotonicSeconds, (name, problem) => faults.fold('metric', problem, name));
  const failed = (error: unknown) => faults.count('scrape', error, 'processes');
  const noted = (message: string) => faults.note(message);
  const lifecycle = new Lifecycle();
  const included = new IncludedRows(monotonicSeconds);
  ledger = new Ledger({ ...options, sources: [calls, families, lifecycle, included], failed, noted });
  return { ledger, calls, families, lifecycle, included };
}

/** Says which of Node's options allows what its permission model has denied; any other error stays as it is. */
function explain(error: unknown): unknown {
  const { code, resource } = error as { readonly code?: unknown; readonly resource?: string }; // what `fs` throws
  if (code !== 'ERR_ACCESS_DENIED') return error;
  const options = '--allow-fs-read and --allow-fs-write';
  return new Error(`Node's permission model denies ${resource}: allow the folder with ${options}`, { cause: error });
}

const remedy = "give processes: { folder } on a tmpfs, such as '/dev/shm/shop'";

/** The folder of the processes that belong together, made and checked. */
function findGroup(given: string | undefined): string {
  const group = given === undefined ? groupOf() : { folder: resolve(given) };
  if ('folder' in group) return privateFolder(group.folder);
  const user = userFolder(findBase().path);
  const path = privateFolder(join(user, group.name));
  removeAbandoned(user, path, lifeReader(identify()));
  return path;
}
