import { UnreadableError } from '../fetch.ts';
import type { Host } from '../host.ts';
import type { PolledTarget } from './poll.ts';

/** Asks all targets, and waits for all. */
export async function askAll(targets: readonly PolledTarget[]): Promise<void> {
  await Promise.all(targets.map((target) => target.ask()));
}

/**
 * Asks the targets that are not being asked, and waits for those that are prompt; where none is, for all. Not longer than `longest`
 * seconds: what hangs or is slow is read in a round to come, and holds up nobody.
 */
export async function askPrompt(targets: readonly PolledTarget[], longest: number, host: Host): Promise<void> {
  const prompt = targets.filter(({ isPrompt }) => isPrompt);
  const asked = targets.map((target) => ({ target, ended: target.ask() }));
  const awaited = prompt.length === 0 ? asked : asked.filter(({ target }) => prompt.includes(target));
  const answered = new AbortController();
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
