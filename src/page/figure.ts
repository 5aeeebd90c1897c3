import uPlot from 'uplot';
import { type Chart, type Line, linesOf } from './charts.ts';
import { h, say, watch } from './dom.ts';
import { format, formatClock, formatTick } from './format.ts';
import type { Model, Series } from './model.ts';

/** What all charts have in common. */
export interface View {
  readonly model: Model;
  /** The last place of the model's times that is shown. */
  at: number;
  /** Seconds. */
  range: number;
  /** The chosen series, of those that have methods. */
  chosen: (series: Series) => boolean;
  /** Changes when lines have to be chosen anew. */
  epoch: number;
  /** Asks for all to be drawn. */
  readonly ask: () => void;
}

const height = 140;
/** Letters for which there is room beside a value in half of a chart. */
const shortName = 8;
/** Frames after which lines that were left out are looked at again. */
const rankAgain = 5;

let colors: string[] = [];
const statusColors = new Map([['OK', 0]]);

/** The theme's colours, as the canvas needs them; the first eight are of lines, then grid and text. */
export function readColors(): void {
  const style = getComputedStyle(document.documentElement);
  colors = ['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'line', 'dim'].map((name) =>
    style.getPropertyValue(`--${name}`).trim(),
  );
}

/** The number of a status's colour: the same wherever it is shown. */
export function statusColor(status: string): number {
  let color = statusColors.get(status);
  if (color === undefined) {
    color = ((statusColors.size - 1) % 7) + 1;
    statusColors.set(status, color);
  }
  return color;
}

/** Seconds that charts show: while little is known not much more than that. */
export function spanOf({ model: { times }, at, range }: View): number {
  return Math.min(range, Math.max(60, times[at]! - times[0]!));
}

/** Methods without what tells none of them apart. */
function shorten(name: string, among: readonly Line[]): string {
  const cut = (path: string) => path.slice(path.lastIndexOf('/') + 1);
  if (!name.startsWith('/')) return name;
  return among.some((other) => other.name !== name && cut(other.name) === cut(name))
    ? name.replace(/^.*\.(?=.*\/)/, '')
    : cut(name);
}

/** A chart as an element: made when it is first seen, drawn while it is seen. */
export class Figure {
  readonly element: HTMLElement;
  readonly #chart: Chart;
  readonly #view: View;
  readonly #legend = h('ul');
  readonly #box = h('div', { 'aria-hidden': true });
  readonly #note = h('small');
  #values: Element[] = [];
  #lines: readonly Line[] = [];
  #columns: (number | null)[][] = [];
  /** Of the first of the columns' values, counted from the first time ever. */
  #first = 0;
  #epoch = -1;
  #drawn = '';
  #plot: uPlot | undefined;
  #isSeen = false;
  /** When the lines were chosen, if there are more; else never again. */
  #ranked = Infinity;
  #hovered: number | null | undefined;

  constructor(chart: Chart, view: View, copy: (text: string, near: HTMLElement) => void) {
    this.#chart = chart;
    this.#view = view;
    const { id, title, help, queries } = chart;
    const copies = Object.entries(queries).filter(([, query]) => query);
    const name = h('h3', { title: help ?? '' }, title);
    this.element = h(
      'figure',
      { 'data-chart': id, 'aria-label': title },
      h(
        'figcaption',
        {},
        name,
        ...copies.map(([text, query]) => {
          const button = h(
            'button',
            {
              type: 'button',
              'aria-label': `Copy PromQL of ${title}${text === 'PromQL' ? '' : `, ${text}`}`,
              title: query,
            },
            text,
          );
          button.onclick = () => copy(query!, button);
          return button;
        }),
      ),
      this.#legend,
      this.#box,
      this.#note,
    );
    watch(this.element, (isSeen) => {
      this.#isSeen = isSeen;
      // Each canvas is a layer of its own, and the browser looks at all of them in each frame.
      this.element.classList.toggle('away', !isSeen);
      if (isSeen) view.ask();
    });
  }

  /** Whether it has anything to show. */
  get isEmpty(): boolean {
    return Object.values(this.#chart.families).every((family) => this.#view.model.of(family).length === 0);
  }

  /** Ends it for good. */
  destroy(): void {
    this.#plot?.destroy();
  }

  draw(): void {
    const { model, at, range, epoch } = this.#view;
    const end = model.dropped + at;
    const drawn = [end, range, epoch].join();
    if (!this.#isSeen || this.#drawn === drawn || at < 0) return;
    this.#drawn = drawn;
    if (this.#epoch !== epoch || end - this.#ranked > rankAgain) this.#rebuild();
    const late = model.dropped - this.#first;
    this.#first = model.dropped;
    for (const column of this.#columns) {
      column.splice(0, late);
      column.length = Math.min(column.length, at + 1);
    }
    for (let place = Math.min(...this.#columns.map(({ length }) => length)); place <= at; place += 1) {
      for (const [index, line] of this.#lines.entries()) {
        const column = this.#columns[index]!;
        if (column.length === place) column.push(line.at(place));
      }
    }
    const plot = this.#plot;
    plot?.batch(() => plot.setData([model.times.slice(0, at + 1), ...this.#columns])); // now, not later
    this.#tell(this.#hovered);
  }

  #rebuild(): void {
    const { model, at, chosen, epoch } = this.#view;
    const isAnother = this.#epoch !== epoch;
    this.#epoch = epoch;
    const { lines, count, isCut } = linesOf(model, this.#chart, at, chosen);
    const names = (all: readonly Line[]) => all.map(({ name }) => name).join('\n');
    const isSame = this.#plot && names(lines) === names(this.#lines);
    // What stays keeps its past.
    const old = new Map(isAnother ? [] : this.#lines.map(({ name }, index) => [name, this.#columns[index]!]));
    this.#lines = lines;
    this.#columns = lines.map(({ name }) => old.get(name) ?? []);
    this.#ranked = isCut ? model.dropped + at : Infinity;
    say(this.#note, count > lines.length ? `${lines.length} of ${count} lines: the largest` : '');
    if (isSame) return;
    this.#plot?.destroy();
    this.#values = lines.map(() => h('b'));
    const shown = lines.map(({ name }) => shorten(name, lines));
    this.#legend.className = shown.some((name) => name.length > shortName) ? 'long' : '';
    this.#legend.replaceChildren(
      ...lines.map(({ name }, index) => {
        const swatch = h('i');
        swatch.className = `k${this.#color(index)}`;
        return h('li', { title: name }, swatch, h('span', {}, shown[index]!), this.#values[index]!);
      }),
    );
    this.#plot = lines.length > 0 ? this.#make() : undefined;
  }

  #color(index: number): number {
    const { by, kind } = this.#chart;
    const { hello } = this.#view.model;
    if (kind === 'errors') return 1;
    return by === hello!.labels.status ? statusColor(this.#lines[index]!.name) : index % 8;
  }

  #make(): uPlot {
    const { unit } = this.#chart;
    const view = this.#view;
    const axis: uPlot.Axis = {
      stroke: () => colors[9]!,
      grid: { stroke: () => colors[8]!, width: 1 },
      ticks: { show: false },
      font: '11px system-ui',
    };
    const end = () => view.model.times[view.at]!;
    const plot = new uPlot(
      {
        width: width || this.#box.clientWidth || 300,
        height,
        padding: [8, 16, 0, 0],
        legend: { show: false },
        cursor: { sync: { key: 'x', scales: ['x', null] }, drag: { x: false }, y: false, points: { size: 6 } },
        scales: {
          x: { time: false, range: () => [end() - spanOf(view), end()] },
          y: {
            range: (_plot, least, most) => [Math.min(0, least * 1.1), most > 0 ? most * 1.1 : unit === '%' ? 0.05 : 1],
          },
        },
        axes: [
          {
            ...axis,
            size: 24,
            space: 60,
            incrs: [10, 30, 60, 120, 300],
            values: (_plot, ticks) => ticks.map((t) => formatClock(t, spanOf(view) < 150)),
          },
          { ...axis, size: 52, space: 30, values: (_plot, ticks) => ticks.map((tick) => formatTick(tick, unit)) },
        ],
        series: [
          {},
          ...this.#lines.map((_line, index) => ({
            stroke: () => colors[this.#color(index)]!,
            width: 1.5,
            points: { show: false },
            ...(this.#lines.length === 1 && { fill: () => `${colors[this.#color(index)]}2a` }),
          })),
        ],
        hooks: { setCursor: [({ cursor }) => this.#tell(cursor.idx)] },
      },
      [[], ...this.#lines.map(() => [])],
      this.#box,
    );
    resizer.observe(this.#box);
    plots.set(this.#box, plot);
    return plot;
  }

  /** The values at a place, or the last ones. */
  #tell(place: number | null | undefined): void {
    this.#hovered = place;
    for (const [index, value] of this.#values.entries()) {
      const column = this.#columns[index]!;
      say(value, format(place == null ? column.at(-1) : column[place], this.#chart.unit));
    }
  }
}

const plots = new WeakMap<Element, uPlot>();
/** Of all charts, as they were last laid out: asking each new one for its own is a layout of the page each time. */
let width = 0;
const resizer = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) {
    if (contentRect.width === 0) continue; // of what is hidden
    width = contentRect.width;
    const plot = plots.get(target);
    if (plot?.width !== width) plot?.setSize({ width, height });
  }
});
