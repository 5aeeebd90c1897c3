import type { NewFamily } from '../live/protocol.ts';
import { constantText } from './constant-text.ts';
import { breakable, h, say } from './dom.ts';
import { isDescription } from './family-charts.ts';
import type { Model, Series } from './model.ts';

/** Most rows of a family. */
const maxRows = 20;

/** A table of families that have not changed as long as the page knows them, or that only describe something. */
export class Constants {
  readonly element: HTMLElement;
  readonly #model: Model;
  readonly #changed: () => void;
  readonly #body = h('tbody', {});
  #cells: { readonly series: Series; readonly cell: HTMLElement; readonly first: string }[] = [];

  /** `changed` is called when a family turns out not to be constant. */
  constructor(model: Model, changed: () => void) {
    this.#model = model;
    this.#changed = changed;
    this.element = h('table', { className: 'constants' }, this.#body);
  }

  show(families: readonly NewFamily[]): void {
    this.element.hidden = families.length === 0;
    this.#cells = [];
    const row = ({ name, help }: NewFamily, labels: string, cell: HTMLElement) =>
      h(
        'tr',
        { 'data-family': name },
        h('th', { scope: 'row', title: help }, ...breakable(name)),
        h('td', {}, labels),
        cell,
      );
    const rows = families.flatMap((family) => {
      const all = this.#model.of(family.name);
      const shown = all.slice(0, maxRows).map((series) => {
        const labels = Object.entries(series.labels).map(([label, value]) => `${label}=${value}`);
        const cell = h('td', {});
        this.#cells.push({ series, cell, first: String(series.told) });
        return row(family, labels.join(' '), cell);
      });
      return all.length > maxRows ? [...shown, row(family, `and ${all.length - maxRows} more`, h('td', {}))] : shown;
    });
    this.#body.replaceChildren(...rows);
  }

  draw(now: number): void {
    for (const { series, cell, first } of this.#cells) {
      if (String(series.told) !== first && !isDescription(series.family)) this.#changed();
      const isInfo = series.family.name.endsWith('_info') && series.told === 1;
      say(cell, isInfo ? '' : constantText(series, now));
    }
  }
}
