import type { NewFamily } from '../live/protocol.ts';
import { type Chart, callCharts, runtimeCharts, type Side } from './charts.ts';
import { Constants } from './constants.ts';
import { $, say } from './dom.ts';
import { familyChart, isConstant, otherFamilies } from './family-charts.ts';
import { Figure } from './figure.ts';
import type { View } from './view.ts';

/** From so many charts on the browser renders only those that somebody sees. */
const many = 40;

/** What charts may take of a frame, in milliseconds, so that scrolling goes on. */
const frameTime = 6;

/** The charts and tables below the methods. */
export class Sections {
  readonly #view: View;
  readonly #figures = new Map<string, Figure>();
  readonly #mine: Constants;
  readonly #rest: Constants;
  /** Families that have changed once: their charts stay. */
  readonly #moving = new Set<string>();

  constructor(view: View, changed: () => void) {
    this.#view = view;
    this.#mine = new Constants(view.model, changed);
    this.#rest = new Constants(view.model, changed);
    $('mine').after(this.#mine.element);
    $('rest').after(this.#rest.element);
  }

  /** Shows what the model has. `filter` is a part of a name or of a label's value, in small letters. `hasMethods` says whether any method matches it. */
  arrange(side: Side, filter: string, hasMethods: boolean): void {
    const { model } = this.#view;
    const runtime = runtimeCharts(model);
    const charted = [...callCharts(model, 'server'), ...callCharts(model, 'client'), ...runtime];
    const { mine, rest } = otherFamilies(model, charted);
    const isShown = (family: NewFamily) => this.#matches(family, filter);
    const parts = [mine, rest].map((families) => this.#divide(families.filter(isShown)));
    const shown = new Set([
      ...this.#show('calls', callCharts(model, side)),
      ...this.#show(
        'runtime',
        runtime.filter(({ title }) => title.toLowerCase().includes(filter)),
      ),
      ...this.#show('mine', parts[0]!.charts),
      ...this.#show('rest', parts[1]!.charts),
    ]);
    this.#mine.show(parts[0]!.constants);
    this.#rest.show(parts[1]!.constants);
    this.#hide('mine', mine.length === 0);
    this.#hide('rest', rest.length === 0 || parts[1]!.charts.length + parts[1]!.constants.length === 0);
    this.#hide('calls', !hasMethods || $('calls').children.length === 0);
    this.#hide('runtime', $('runtime').children.length === 0);
    const isNone = mine.length > 0 && parts[0]!.charts.length + parts[0]!.constants.length === 0;
    say($('none'), isNone ? 'No metric of yours matches.' : '');
    for (const [key, figure] of this.#figures) {
      if (shown.has(key)) continue;
      figure.destroy();
      this.#figures.delete(key);
    }
    document.body.classList.toggle('many', this.#figures.size > many);
  }

  /** Draws what has changed: as many charts as a frame has time for, or all of them at once. */
  draw(now: number, isWhole = false): void {
    const end = performance.now() + frameTime;
    for (const figure of this.#figures.values()) {
      if (figure.draw(isWhole) && !isWhole && performance.now() > end) {
        this.#view.ask();
        break;
      }
    }
    this.#mine.draw(now);
    this.#rest.draw(now);
  }

  #matches({ name }: NewFamily, filter: string): boolean {
    const texts = this.#view.model.of(name).flatMap(({ labels }) => Object.values(labels));
    return [name, ...texts].some((text) => text.toLowerCase().includes(filter));
  }

  #divide(families: readonly NewFamily[]): { readonly charts: Chart[]; readonly constants: NewFamily[] } {
    const { model } = this.#view;
    for (const family of families) if (!isConstant(model, family)) this.#moving.add(family.name);
    const isMoving = ({ name }: NewFamily) => this.#moving.has(name);
    return {
      charts: families
        .filter(isMoving)
        .map((family) => familyChart(family, model.of(family.name), model.hello!.scraped[family.name])),
      constants: families.filter((family) => !isMoving(family)),
    };
  }

  /** Returns the keys of the charts. */
  #show(section: string, charts: readonly Chart[]): readonly string[] {
    const box = $(section);
    const keys = charts.map((chart) => JSON.stringify(chart));
    const all = charts.map((chart, index) => {
      // A family's chart is another one when it gets more series, or has other names.
      const key = keys[index]!;
      const figure = this.#figures.get(key) ?? new Figure(chart, this.#view);
      this.#figures.set(key, figure);
      return figure;
    });
    const shown = all.filter(({ isEmpty }) => !isEmpty).map(({ element }) => element);
    if (shown.length !== box.children.length || shown.some((element, index) => element !== box.children[index])) {
      box.replaceChildren(...shown);
    }
    fillRows(box);
    return keys;
  }

  #hide(section: string, isHidden: boolean): void {
    $(section).closest<HTMLElement>('.part')!.hidden = isHidden;
  }
}

/** Least width of a chart, and the space between two, in pixels. */
const [leastWidth, gap] = [290, 10];

/** Chooses the number of columns so that the last row is about as full as the others. */
function fillRows(box: HTMLElement): void {
  const { length } = box.children;
  const most = Math.max(1, Math.floor((document.querySelector('main')!.clientWidth - 40 + gap) / (leastWidth + gap)));
  const columns = Math.ceil(length / Math.ceil(length / most)) || 1;
  box.style.setProperty('--columns', String(columns));
}
addEventListener('resize', () => {
  for (const box of document.querySelectorAll<HTMLElement>('.grid')) fillRows(box);
});
