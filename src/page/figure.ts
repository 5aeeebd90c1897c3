import type uPlot from 'uplot';
import type { Chart } from './charts.ts';
import { showStroke } from './colors.ts';
import { breakable, h, say, watch } from './dom.ts';
import { formatQuantile } from './format.ts';
import { Heat } from './heat.ts';
import { isEmpty, type Line, linesOf, seriesOf } from './lines.ts';
import { makePlot, watchPointer } from './plot.ts';
import { promqlOf } from './promql.ts';
import { type Stroke, statusStroke, strokeAt } from './strokes.ts';
import { placeShown, type View } from './view.ts';

/** Letters of the longest name for which there is room beside a value in half of a chart, and in half of a wide one. */
const [shortName, mediumName] = [8, 14];
/** Frames after which lines that were left out are looked at again. */
const rankAgain = 5;

/** Methods without what tells none of them apart. */
function shorten(name: string, among: readonly Line[]): string {
  const cut = (path: string) => path.slice(path.lastIndexOf('/') + 1);
  if (!name.startsWith('/')) return name;
  return among.some((other) => other.name !== name && cut(other.name) === cut(name))
    ? name.replace(/^.*\.(?=.*\/)/, '')
    : cut(name);
}

/** A chart as an element. It is drawn at once while it is seen, and at every step of time while it is not. */
export class Figure {
  readonly element: HTMLElement;
  readonly #chart: Chart;
  readonly #view: View;
  readonly #legend = h('ul');
  readonly #box = h('div', { 'aria-hidden': true, className: 'plot' });
  readonly #note = h('small');
  readonly #promql: { readonly draw: () => void } | undefined;
  #values: Element[] = [];
  #lines: readonly Line[] = [];
  /** The lines' values by place, counted from the first time ever. */
  #points = new Map<number, readonly (number | null)[]>();
  #epoch = -1;
  #drawn = '';
  #told = -1;
  #plot: uPlot | undefined;
  #heat: Heat | undefined;
  #isHeat = false;
  #isSeen = false;
  /** When the lines were chosen, if there are more; else never again. */
  #ranked = Infinity;

  constructor(chart: Chart, view: View) {
    this.#chart = chart;
    this.#view = view;
    const { id, title, help = '', kind, queries } = chart;
    const known = Object.entries(queries).flatMap(([name, query]) => (query ? [[name, query] as const] : []));
    const promql = known.length > 0 ? promqlOf(title, known, view) : undefined;
    this.#promql = promql;
    const isHistogram = kind === 'quantiles' || kind === 'p95';
    const heat = h('button', { 'aria-pressed': 'false', 'aria-label': `Heat map of ${title}` }, 'Heat map');
    heat.onclick = () => this.#turn(heat);
    this.element = h(
      'figure',
      { 'data-chart': id, 'aria-label': title },
      h(
        'figcaption',
        {},
        h('h3', { title: help }, ...breakable(title)),
        ...(isHistogram ? [heat] : []),
        ...(promql ? [promql.element] : []),
      ),
      this.#box,
      this.#legend,
      this.#note,
    );
    watchPointer(this.#box, () => {
      view.pointed = undefined;
      view.ask();
    });
    watch(this.element, (isSeen) => {
      this.#isSeen = isSeen;
      if (isSeen) view.ask();
    });
  }

  /** Whether it has anything to show. */
  get isEmpty(): boolean {
    return isEmpty(this.#view.model, this.#chart);
  }

  /** Ends it for good. */
  destroy(): void {
    this.#plot?.destroy();
  }

  /** Draws it if anything has changed. Returns whether it had to. `isWhole` draws it also where nobody sees it. */
  draw(isWhole = false): boolean {
    const { model, at, epoch, steps } = this.#view;
    const end = model.dropped + at;
    // A chart that nobody sees is drawn so often that a picture of the whole page is complete.
    const moment = this.#isSeen || isWhole ? end : Math.floor(model.times[at]! / steps.seconds);
    const drawn = [moment, epoch, this.#isHeat].join();
    const isNew = this.#drawn !== drawn;
    if (isNew) {
      this.#drawn = drawn;
      if (this.#epoch !== epoch || end - this.#ranked > rankAgain) this.#rebuild();
      this.#promql?.draw();
      if (this.#heat) this.#heat.draw();
      else this.#drawLines();
    }
    const shown = model.dropped + placeShown(this.#view);
    if (isNew || (this.#isSeen && this.#told !== shown)) this.#tell(shown);
    return isNew;
  }

  #drawLines(): void {
    const { model, steps } = this.#view;
    const points = new Map<number, readonly (number | null)[]>();
    for (const place of steps.places) {
      const known = this.#points.get(model.dropped + place);
      points.set(model.dropped + place, known ?? this.#lines.map(({ at }) => at(place)));
    }
    this.#points = points;
    const rows = [...points.values()];
    const columns = this.#lines.map((_, index) => rows.map((values) => values[index] ?? null));
    const times = steps.places.map((place) => model.times[place]!);
    const plot = this.#plot;
    plot?.batch(() => plot.setData([times, ...columns])); // now, not later
  }

  #rebuild(): void {
    const { model, at, epoch } = this.#view;
    const isAnother = this.#epoch !== epoch;
    this.#epoch = epoch;
    const { lines, count, isCut } = linesOf(this.#view, this.#chart, at);
    const names = (all: readonly Line[]) => all.map(({ name }) => name).join('\n');
    const isSame = names(lines) === names(this.#lines);
    if (isAnother || !isSame) this.#points = new Map();
    this.#lines = lines;
    this.#ranked = isCut || this.#chart.none !== undefined ? model.dropped + at : Infinity;
    const { none } = this.#chart;
    say(
      this.#note,
      lines.length === 0 && none ? none : count > lines.length ? `${lines.length} of ${count} lines: the largest` : '',
    );
    if (isSame && this.#plot && !this.#heat) return;
    this.#replot();
    this.#values = lines.map(() => h('b'));
    const shown = lines.map(({ name }) => shorten(name, lines));
    const longest = Math.max(0, ...shown.map(({ length }) => length));
    this.#legend.className = longest <= shortName ? '' : longest <= mediumName ? 'medium' : 'long';
    this.#legend.replaceChildren(
      ...lines.map(({ name }, index) => {
        const swatch = h('i');
        showStroke(swatch, this.#stroke(index));
        return h(
          'li',
          { title: name },
          swatch,
          h('span', {}, this.#chart.kind === 'share' ? wordOf(name) : shown[index]!),
          this.#values[index]!,
        );
      }),
    );
  }

  #turn(button: HTMLElement): void {
    this.#isHeat = !this.#isHeat;
    button.setAttribute('aria-pressed', String(this.#isHeat));
    this.#replot();
    this.#view.ask();
  }

  #replot(): void {
    this.#plot?.destroy();
    this.#heat = undefined;
    const { model, chosen } = this.#view;
    const { unit, families } = this.#chart;
    const pointed = (index: number) => this.#point(index);
    if (this.#isHeat) {
      const all = Object.values(families).flatMap((family) => seriesOf(model, this.#chart, family).filter(chosen));
      this.#heat = new Heat(this.#box, this.#view, all, unit, pointed);
      this.#plot = this.#heat.plot;
      return;
    }
    this.#plot = undefined;
    if (this.#lines.length === 0) return;
    const strokes = this.#lines.map((_, index) => this.#stroke(index));
    this.#plot = makePlot({ box: this.#box, view: this.#view, unit, strokes, pointed });
  }

  #stroke(index: number): Stroke {
    const { by, kind } = this.#chart;
    const { labels, statuses } = this.#view.model.hello!;
    if (kind === 'faults') return { color: 'fault', dash: [] };
    return by === labels.status ? statusStroke(this.#lines[index]!.name, statuses) : strokeAt(index);
  }

  #point(index: number): void {
    const { model, steps } = this.#view;
    const place = steps.places[index];
    if (place === undefined || this.#view.pointed === model.dropped + place) return;
    this.#view.pointed = model.dropped + place;
    this.#view.ask();
  }

  /** Writes the values of a place into the legend. */
  #tell(shown: number): void {
    this.#told = shown;
    const { model } = this.#view;
    const values = this.#points.get(shown) ?? this.#lines.map(({ at }) => at(shown - model.dropped));
    for (const [index, element] of this.#values.entries()) {
      const value = values[index] ?? null;
      const side = this.#lines[index]!.sideAt?.(shown - model.dropped) ?? '';
      say(element, value === null ? '–' : formatQuantile({ value, side }, this.#chart.unit));
    }
  }
}

/** Node's short names in words. */
function wordOf(name: string): string {
  return name === 'weakcb' ? 'weak callbacks' : name;
}
