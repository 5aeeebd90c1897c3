import { formatAge } from '../core/seconds.ts';
import type { Role } from '../live/protocol.ts';
import type { Side } from './charts.ts';
import { format, formatRate } from './format.ts';
import type { Model } from './model.ts';
import { increase, total, windowAt } from './window.ts';

/** The columns of `processRows`. */
export const processColumns: readonly string[] = [
  'Process',
  'Up',
  'Calls/s',
  'In flight',
  'Connections',
  'CPU',
  'Loop delay',
  'Memory',
  'State',
];

const { compare } = new Intl.Collator('en', { numeric: true });

/** The processes that live at a moment, by their numbers. Rates are over so many seconds before it. */
export function processRows(model: Model, at: number, seconds: number, side: Side): string[][] {
  const window = windowAt(model, at, seconds);
  return model
    .withRole('processes.late')
    .filter(({ values }) => values[at] != null)
    .map(({ labels: { worker = '', pid }, values }) => {
      const own = (role: Role) =>
        model.withRole(role).filter(({ labels }) => labels.worker === worker && (labels.side ?? side) === side);
      const rate = (role: Role) => {
        const all = own(role);
        return window && all.length > 0 ? increase(all, window) / window.seconds : null;
      };
      const now = (role: Role) => total(own(role), at);
      const start = now('runtime.startTime');
      return [
        `${worker} · pid ${pid}`,
        start === null ? '–' : formatAge(model.times[at]! - start),
        formatRate(rate('processes.calls')),
        format(now('processes.inFlight'), ''),
        format(now('processes.connections'), ''),
        format(rate('runtime.cpu'), '%'),
        format(now('runtime.loopDelayMax'), 's'),
        format(now('runtime.residentMemory'), 'B'),
        values[at] ? 'late' : 'alive',
      ];
    })
    .sort(([one], [other]) => compare(one!, other!));
}
