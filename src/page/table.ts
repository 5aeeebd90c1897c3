import type { StatusFamily } from '../live/protocol.ts';
import { showStroke } from './colors.ts';
import { attribute, h, say, sparkline, watch } from './dom.ts';
import { format } from './format.ts';
import { alarmOf, numbers, textOf } from './headline.ts';
import { type Calls, type Order, type Row, ratesOver, rowAt, sortRows } from './rows.ts';
import { familyOf, statusStroke } from './strokes.ts';
import { placeShown, spanOf, type View } from './view.ts';

/** The columns of numbers. Callers' errors and cancellations are in the column of statuses. */
const columns = numbers.filter(([key]) => key !== 'callers' && key !== 'cancelled') as [
  Exclude<Order, 'method'>,
  string,
][];

/** How many points a line of rates has. */
const points = 60;
/** Rows stay where they are for so many frames. */
const calm = 5;

const noCalls =
  'No calls yet. They come from servers given to instrument(server), and from clients made with clientOptions().';

interface Line {
  readonly element: HTMLTableRowElement;
  readonly button: HTMLElement;
  readonly draw: (row: Row) => void;
  calls: Calls;
  row: Row;
  /** The moment that it shows. */
  shown: string;
  isSeen: boolean;
}

/** The methods of a side. Roles are named, since what is not laid out as a table is none to some screen readers. */
export class Table {
  readonly #view: View;
  readonly #body: HTMLElement;
  readonly #heads = new Map<Order, HTMLElement>();
  readonly #empty = h('p', {});
  readonly #choose: (method: string) => void;
  #lines = new Map<string, Line>();
  #order: Order = 'rate';
  #isReversed = false;
  /** The row that the tab key comes to; arrows go on from there. */
  #entry: Line | undefined;
  #draws = 0;
  /** What it was drawn for last. */
  #moment = '';
  filter = '';

  constructor(element: HTMLElement, view: View, choose: (method: string) => void) {
    this.#view = view;
    this.#choose = choose;
    const head = (order: Order, title: string) => {
      const cell = h(
        'th',
        { role: 'columnheader', className: order },
        h('button', { onclick: () => this.#sort(order) }, title),
      );
      this.#heads.set(order, cell);
      return cell;
    };
    const plain = (title: string, className: string) => h('th', { role: 'columnheader', className }, title);
    this.#body = h('tbody', { role: 'rowgroup' });
    this.#body.addEventListener('focusin', ({ target }) => {
      this.#enter([...this.#lines.values()].find(({ button }) => button === target));
    });
    element.append(
      h(
        'table',
        { role: 'table', 'aria-label': 'Methods' },
        h(
          'thead',
          { role: 'rowgroup' },
          h(
            'tr',
            { role: 'row' },
            head('method', 'Method'),
            ...columns.map(([order, title]) => head(order, title)),
            plain('Statuses', 'statuses'),
            plain('Rate over time', 'spark'),
          ),
        ),
        this.#body,
      ),
      this.#empty,
    );
  }

  #sort(order: Order): void {
    this.#isReversed = this.#order === order && !this.#isReversed;
    this.#order = order;
    this.sortNow();
  }

  sortNow(): void {
    this.#draws = 0;
    this.#moment = '';
    this.#view.ask();
  }

  /** The calls of each method, of which one may be chosen. */
  draw(all: readonly Calls[], chosen: string): void {
    const { model, epoch } = this.#view;
    const at = placeShown(this.#view);
    const moment = [model.dropped + at, model.dropped + this.#view.at, epoch].join();
    const old = this.#lines;
    const lines = all.map((calls) => {
      const line = old.get(calls.method) ?? this.#line(calls);
      line.calls = calls;
      return line;
    });
    this.#lines = new Map(lines.map((line) => [line.calls.method, line]));
    for (const { element, calls } of old.values()) if (!this.#lines.has(calls.method)) element.remove();
    if (this.#moment !== moment) {
      this.#moment = moment;
      // Not under somebody's hand, nor all the time.
      const isCalm = this.#draws % calm === 0 && !this.#body.matches(':hover, :focus-within');
      if (this.#draws === 0 || isCalm || lines.some(({ element }) => !element.isConnected)) {
        for (const line of lines) line.row = rowAt(model, line.calls, at, this.#view.window);
        this.#place(lines);
      }
      this.#draws += 1;
    }
    let shown = 0;
    for (const line of lines) {
      const { element, button, calls } = line;
      element.hidden = !calls.method.toLowerCase().includes(this.filter);
      if (!element.hidden) shown += 1;
      attribute(button, 'aria-pressed', calls.method === chosen);
      // Nobody sees the others' numbers.
      if (!line.isSeen || line.shown === moment) continue;
      line.shown = moment;
      line.row = rowAt(model, calls, at, this.#view.window);
      line.draw(line.row);
    }
    if (!this.#entry?.element.isConnected || this.#entry.element.hidden) {
      const first = this.#body.querySelector('tr:not([hidden])');
      this.#enter(lines.find(({ element }) => element === first));
    }
    say(this.#empty, shown > 0 ? '' : lines.length > 0 ? 'No method matches: Escape shows all.' : noCalls);
  }

  #enter(line: Line | undefined): void {
    if (this.#entry) this.#entry.button.tabIndex = -1;
    if (line) line.button.tabIndex = 0;
    this.#entry = line;
  }

  #place(lines: readonly Line[]): void {
    for (const [order, cell] of this.#heads) {
      const isUp = (order === 'method') !== this.#isReversed;
      attribute(cell, 'aria-sort', order !== this.#order ? 'none' : isUp ? 'ascending' : 'descending');
    }
    let next = this.#body.firstElementChild;
    for (const { element } of sortRows(lines, this.#order, this.#isReversed)) {
      if (element === next) next = next.nextElementSibling;
      else this.#body.insertBefore(element, next);
    }
  }

  #line(calls: Calls): Line {
    const { method } = calls;
    const cut = method.lastIndexOf('/') + 1;
    const button = h('button', { title: method, tabIndex: -1 }, h('span', {}, method.slice(0, cut)), method.slice(cut));
    const cells = columns.map(([order]) => h('td', { role: 'cell', className: order }));
    const bar = h('div', { 'aria-hidden': true });
    const said = h('small');
    const { element: line, draw: drawLine } = sparkline();
    const element = h(
      'tr',
      { role: 'row', 'data-method': method, onclick: () => this.#choose(method) },
      h('th', { role: 'rowheader', className: 'method' }, button),
      ...cells,
      h('td', { role: 'cell', className: 'statuses' }, bar, said),
      h('td', { role: 'cell', className: 'spark' }, line),
    );
    const draw = (row: Row) => {
      for (const [index, [key]] of columns.entries()) say(cells[index]!, textOf(row, key));
      attribute(element, 'class', alarmOf(row));
      drawStatuses(row, bar, said, this.#view.model.hello!.statuses);
      const { model, at, window } = this.#view;
      drawLine(ratesOver(model, made.calls, at, spanOf(this.#view), points, window));
    };
    const made: Line = { element, button, draw, calls, row: undefined as never, shown: '', isSeen: false };
    watch(element, (isSeen) => {
      made.isSeen = isSeen;
      if (isSeen) this.#view.ask();
    });
    return made;
  }
}

/** A bar of the statuses' shares; as text the most frequent one that is not OK, server faults before all others. */
function drawStatuses(
  { statuses, faults }: Row,
  bar: HTMLElement,
  said: HTMLElement,
  families: Readonly<Record<string, StatusFamily>>,
): void {
  const sum = statuses.reduce((all, [, count]) => all + count, 0);
  const share = (count: number) => format(count / sum, '%');
  while (bar.children.length < statuses.length) bar.append(h('i'));
  for (const [index, part] of [...bar.children].entries()) {
    const [status, count] = statuses[index] ?? ['', 0];
    (part as HTMLElement).hidden = !status;
    (part as HTMLElement).style.flexGrow = String(count / sum || 0);
    if (status) showStroke(part as HTMLElement, { ...statusStroke(status, families), dash: [] });
  }
  const failed = statuses.filter(([status]) => familyOf(status, families) !== 'ok');
  const [first] = failed;
  const others = failed.length > 1 ? ` +${failed.length - 1}` : '';
  say(said, first ? `${first[0]} ${share(first[1])}${others}` : sum > 0 ? 'OK' : '–');
  attribute(said, 'class', first && faults !== null ? `is-${familyOf(first[0], families)}` : '');
  attribute(said, 'title', statuses.map(([status, count]) => `${status} ${share(count)}`).join('\n'));
}
