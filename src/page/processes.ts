import type { Side } from './charts.ts';
import { attribute, h, say } from './dom.ts';
import { processColumns, processRows } from './process-rows.ts';
import type { View } from './view.ts';

/** A table of the processes of the service, where there are several. */
export class Processes {
  readonly #box: HTMLElement;
  readonly #body = h('tbody', {});

  constructor(box: HTMLElement) {
    this.#box = box;
    box.tabIndex = 0; // a narrow one scrolls, also by keys
    const heads = processColumns.map((name) => h('th', { scope: 'col' }, name));
    box.append(h('table', { className: 'constants' }, h('thead', {}, h('tr', {}, ...heads)), this.#body));
  }

  /** Returns how many processes there are at a moment. */
  draw({ model, window }: View, at: number, side: Side): number {
    const rows = processRows(model, at, window, side);
    const body = this.#body;
    this.#box.parentElement!.hidden = rows.length < 2;
    while (body.rows.length > rows.length) body.deleteRow(-1);
    while (body.rows.length < rows.length) body.append(h('tr', {}, ...processColumns.map(() => h('td', {}))));
    for (const [index, texts] of rows.entries()) {
      const { cells } = body.rows[index]!;
      for (const [column, text] of texts.entries()) say(cells[column]!, text);
      attribute(body.rows[index]!, 'class', texts.at(-1));
    }
    return rows.length;
  }
}
