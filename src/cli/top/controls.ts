import type { Key } from './keys.ts';
import { type Order, orders, type Row } from './rows.ts';

/** What a key asks of the command; undefined where the picture changes, or nothing does. */
export type Request = 'quit' | 'suspend' | undefined;

/** What the user has chosen by keys. */
export class Controls {
  order: Order;
  /** Text that the method, side or target of a row contains; '' for all rows. */
  filter = '';
  /** Whether keys are characters of the filter. */
  isTyping = false;
  isHelpShown = false;
  /** Whether there is a table of processes, where a target has several. */
  areProcessesShown = true;
  /** Rows above the first one that is shown. */
  offset = 0;
  /** Rows that there was room for in the last picture. */
  room = 1;
  readonly #onSort: () => void;

  /** `onSort` is called when the rows are to be sorted anew. */
  constructor(order: Order, onSort: () => void) {
    this.order = order;
    this.#onSort = onSort;
  }

  press(key: Key): Request {
    if (key === 'interrupt') return 'quit';
    if (key === 'suspend') return 'suspend';
    if (this.isHelpShown) this.isHelpShown = false;
    else if (this.isTyping) this.#type(key);
    else return this.#command(key);
    return undefined;
  }

  matches({ method, side, target = '' }: Row): boolean {
    const wanted = this.filter.toLowerCase();
    return [method, side, target].some((text) => text.toLowerCase().includes(wanted));
  }

  #type(key: Key): void {
    this.offset = 0;
    if (key === 'enter') this.isTyping = false;
    else if (key === 'escape') this.#endFilter();
    else if (key === 'backspace') this.filter = this.filter.slice(0, -1);
    else if (Array.from(key).length === 1 && key >= ' ') this.filter += key;
  }

  #command(key: Key): Request {
    const moves: Readonly<Record<Key, number>> = {
      up: -1,
      down: 1,
      'page up': -this.room,
      'page down': this.room,
      home: -Infinity,
      end: Infinity,
    };
    if (key === 'q') return 'quit';
    if (key === '?') this.isHelpShown = true;
    else if (key === '/') this.isTyping = true;
    else if (key === 'escape') this.#endFilter();
    else if (key === 's' || key === 'right') this.#sort(1);
    else if (key === 'left') this.#sort(-1);
    else if (key === 'r') this.#sort(0);
    else if (key === 'p') this.areProcessesShown = !this.areProcessesShown;
    else this.offset = Math.max(this.offset + (moves[key] ?? 0), 0);
    return undefined;
  }

  #endFilter(): void {
    this.isTyping = false;
    this.filter = '';
  }

  #sort(step: number): void {
    const index = orders.indexOf(this.order) + step + orders.length;
    this.order = orders[index % orders.length]!;
    this.offset = 0;
    this.#onSort();
  }
}

/** What the keys do, in lines of less than 80 characters. The first line is seen on the smallest screen, too. */
export const keyHelp: readonly string[] = [
  'any key goes back to the table',
  '',
  'q            ends top, as Ctrl-C does',
  's, right     sorts by the next column, left by the one before',
  'r            sorts again: between sorts each row keeps its place',
  'up, down     moves by a row; page up, page down, home and end further',
  '/            shows the rows whose method, side or target contains a text',
  'escape       shows all rows again',
  'p            hides or shows the processes, where several answer as one',
  '',
  'FAULTS       calls that ended with a fault of the server: UNKNOWN,',
  '             DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS',
  'ERRORS       calls that did not end OK',
  '-            the endpoint does not say, or nothing was observed',
];
