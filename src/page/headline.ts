import { h, say } from './dom.ts';
import { format, formatQuantile, formatRate } from './format.ts';
import type { Row } from './rows.ts';

/** From this share of server faults on the headline alarms. */
export const alarming = 0.01;

/** The numbers of the headline. The ones of the table have the same names. */
const numbers: readonly [name: string, className: string, text: (row: Row) => string][] = [
  ['Calls/s', 'rate', ({ rate }) => formatRate(rate)],
  ['Server faults', 'faults', ({ faults }) => format(faults, '%')],
  ['Caller errors', 'callers', ({ callers }) => format(callers, '%')],
  ['Cancelled', 'cancelled', ({ cancelled }) => format(cancelled, '%')],
  ['P50', 'p50', ({ p50 }) => formatQuantile(p50, 's')],
  ['P95', 'p95', ({ p95 }) => formatQuantile(p95, 's')],
  ['P99', 'p99', ({ p99 }) => formatQuantile(p99, 's')],
  ['In flight', 'inFlight', ({ inFlight }) => format(inFlight, '')],
];

/** The large numbers at the top of the page. */
export class Headline {
  readonly #tiles: readonly { readonly element: HTMLElement; readonly value: HTMLElement }[];
  readonly #connections: { readonly name: HTMLElement; readonly value: HTMLElement };

  constructor(box: HTMLElement) {
    const tile = (name: string, className: string) => {
      const [term, value] = [h('dt', {}, name), h('dd', {}, '–')];
      const element = h('div', { className }, term, value);
      box.append(element);
      return { element, name: term, value };
    };
    this.#tiles = numbers.map(([name, className]) => tile(name, className));
    this.#connections = tile('Connections', 'connections');
  }

  /** Undefined where nothing is known. */
  draw(row: Row | undefined, connectionsName: string, connections: number | null): void {
    for (const [index, [, className, text]] of numbers.entries()) {
      const { element, value } = this.#tiles[index]!;
      say(value, row ? text(row) : '–');
      if (className === 'faults') element.className = `faults ${row ? alarmOf(row) : ''}`.trim();
    }
    say(this.#connections.name, connectionsName);
    say(this.#connections.value, row ? format(connections, '') : '–');
  }
}

/** Whether a row has server faults, and how many: '' for none, `some`, or `alarm`. */
export function alarmOf({ faults }: Row): '' | 'some' | 'alarm' {
  if (!faults) return '';
  return faults >= alarming ? 'alarm' : 'some';
}
