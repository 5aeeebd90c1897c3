import type { Host } from '../host.ts';
import { UnreadableError } from '../scrape.ts';
import type { PolledTarget } from './poll.ts';

/** Asks all targets, and waits for all. */
export async function askAll(targets: readonly PolledTarget[]): Promise<void> {
  await Promise.all(targets.map((target) => target.ask()));
}

/** How long others are held up by one that was prompt until now, of an interval. */
export const patience = 0.5;

/**
 * Asks the targets that are not being asked, and waits for those that are prompt, not longer than `patience`; where none is, or there is
 * one target alone, for all, not longer than an interval, in seconds. What is late is read in a round to come.
 */
export async function askPrompt(targets: readonly PolledTarget[], interval: number, host: Host): Promise<void> {
  const prompt = targets.filter(({ isPrompt }) => isPrompt);
  const asked = targets.map((target) => ({ target, ended: target.ask() }));
  const holdsUpOthers = prompt.length > 0 && targets.length > 1;
  const awaited = holdsUpOthers ? asked.filter(({ target }) => prompt.includes(target)) : asked;
  const answered = new AbortController();
  const longest = holdsUpOthers ? interval * patience : interval;
  const late = host.sleep(longest, AbortSignal.any([host.interrupted, answered.signal]));
  await Promise.race([Promise.all(awaited.map(({ ended }) => ended)), late]);
  answered.abort();
}

/** Waits for a first target that is up. Throws `UnreadableError` when there is none. */
export async function waitForOne(targets: readonly PolledTarget[]): Promise<void> {
  for (;;) {
    const states = targets.map((target) => target.latest().state);
    if (states.some(({ up }) => up)) return;
    const awaited = targets.filter(({ isUnderWay }) => isUnderWay);
    if (awaited.length === 0) throw new UnreadableError(states.map(({ error }) => error).join('\ngrpc-vitals: '));
    await Promise.race(awaited.map((target) => target.ask()));
  }
}
