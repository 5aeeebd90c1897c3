import { joinProcesses } from './processes.ts';

/**
 * Loads what a process needs that is one of several.
 *
 * This is what runs from the sources. The build replaces the whole file by a module that requires `processes.cjs` when it is called
 * (`scripts/bundle.mjs`), so that a process alone loads nothing of it.
 */
export function loadProcesses(): typeof joinProcesses {
  return joinProcesses;
}
