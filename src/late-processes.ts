import { joinProcesses, openAlone } from './processes.ts';

/**
 * Loads what a process needs that is one of several, or whose endpoint has a thread.
 *
 * This is what runs from the sources. The build replaces the whole file by a module that requires `processes.cjs` when it is called
 * (`scripts/bundle.mjs`), so that any other process loads nothing of it.
 */
export function loadProcesses(): LateProcesses {
  return { joinProcesses, openAlone };
}

interface LateProcesses {
  readonly joinProcesses: typeof joinProcesses;
  readonly openAlone: typeof openAlone;
}
