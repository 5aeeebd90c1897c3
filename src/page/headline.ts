import { h, say } from './dom.ts';
import { format, formatQuantile, formatRate } from './format.ts';
import type { Row } from './rows.ts';

/** From this share of server faults on the headline alarms. */
export const alarming = 0.01;

type Number = Exclude<keyof Row, 'statuses'>;

/** The numbers of the headline, and of the table. */
export const numbers: readonly [key: Number, name: string][] = [
  ['rate', 'Calls/s'],
  ['faults', 'Server faults'],
  ['callers', 'Caller errors'],
  ['cancelled', 'Cancelled'],
  ['p50', 'P50'],
  ['p95', 'P95'],
  ['p99', 'P99'],
  ['inFlight', 'In flight'],
];

/** A number of a row as text. */
export function textOf(row: Row, key: Number): string {
  const value = row[key];
  if (typeof value === 'object') return formatQuantile(value, 's');
  return key === 'rate' ? formatRate(value) : format(value, key === 'inFlight' ? '' : '%');
}

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
    this.#tiles = numbers.map(([key, name]) => tile(name, key));
    this.#connections = tile('Connections', 'connections');
  }

  /** Undefined where nothing is known. */
  draw(row: Row | undefined, connectionsName: string, connections: number | null): void {
    for (const [index, [key]] of numbers.entries()) {
      const { element, value } = this.#tiles[index]!;
      say(value, row ? textOf(row, key) : '–');
      if (key === 'faults') element.className = `faults ${row ? alarmOf(row) : ''}`.trim();
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
