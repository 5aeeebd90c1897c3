import { formatAge } from '../core/seconds.ts';
import { $, say } from './dom.ts';
import type { Model } from './model.ts';

/** What the title of the tab says before the name of the service, the most urgent first. */
export interface Urgency {
  readonly isLost: boolean;
  readonly isPaused: boolean;
  /** Share of server faults, as text, where there are enough to alarm. */
  readonly faults: string | undefined;
  /** How many processes the service has. */
  readonly processes: number;
}

/** Says which process this is, in the header and in the title of the tab. */
export function showIdentity({ hello, times }: Model, { isLost, isPaused, faults, processes }: Urgency): void {
  const { service = '', version = '' } = hello!.service;
  const { host, pid, node, startedAt } = hello!.process;
  say($('service'), service);
  say($('version'), version);
  const age = formatAge((times.at(-1) ?? hello!.now) - startedAt);
  const place = `${host} · ${processes > 1 ? `${processes} processes` : `pid ${pid}`}`;
  say($('who'), `${place} · Node ${node} · up ${age}`);
  const state = isLost
    ? 'Not connected · '
    : isPaused
      ? 'Paused · '
      : faults === undefined
        ? ''
        : `${faults} faults · `;
  document.title = `${state}${service} · ${place}`;
}
