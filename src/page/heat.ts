import type uPlot from 'uplot';
import { colorOf } from './colors.ts';
import { formatTick, type Unit } from './format.ts';
import { knownWindow } from './lines.ts';
import type { Series } from './model.ts';
import { makePlot } from './plot.ts';
import type { View } from './view.ts';
import { observations } from './window.ts';

/** Letters that fit beside the axis for each of this many buckets. */
const labelled = 6;

/** A heat map of histograms: time to the right, buckets upwards, and the more observations the stronger the colour. */
export class Heat {
  readonly plot: uPlot;
  readonly #view: View;
  readonly #all: readonly Series[];
  /** Observations by point and bucket. */
  #counts: readonly (readonly number[])[] = [];

  constructor(box: HTMLElement, view: View, all: readonly Series[], unit: Unit, pointed: (index: number) => void) {
    this.#view = view;
    const bounds = all[0]?.bounds ?? [];
    // Series with other bounds have other buckets.
    this.#all = all.filter((series) => String(series.bounds) === String(bounds));
    const every = Math.ceil(bounds.length / labelled);
    const edges = bounds.map((_, index) => index + 1).filter((edge) => edge % every === 0);
    this.plot = makePlot({
      box,
      view,
      unit: '',
      strokes: [{ color: 'c0', dash: [] }],
      pointed,
      more: (options) => ({
        ...options,
        scales: { ...options.scales, y: { range: () => [0, bounds.length + 1] } },
        axes: [
          options.axes![0]!,
          {
            ...options.axes![1]!,
            splits: () => edges,
            values: () => edges.map((edge) => formatTick(bounds[edge - 1]!, unit)),
          },
        ],
        series: [{}, { show: true, paths: () => null, points: { show: false } }],
        hooks: { ...options.hooks, draw: [(plot) => this.#paint(plot)] },
      }),
    });
  }

  /** Draws the points of the view. */
  draw(): void {
    const { model, steps, window: seconds } = this.#view;
    this.#counts = steps.places.map((place) => {
      const window = knownWindow(model, this.#all, place, seconds);
      return window ? observations(this.#all, window) : [];
    });
    const times = steps.places.map((place) => model.times[place]!);
    this.plot.batch(() => this.plot.setData([times, times.map(() => null)]));
  }

  #paint(plot: uPlot): void {
    const most = Math.max(1, ...this.#counts.flat());
    const pen = plot.ctx;
    const times = plot.data[0];
    pen.save();
    pen.fillStyle = colorOf('c0');
    for (const [index, counts] of this.#counts.entries()) {
      const right = plot.valToPos(times[index]!, 'x', true);
      const left = index > 0 ? plot.valToPos(times[index - 1]!, 'x', true) : right - 2;
      if (right < plot.bbox.left) continue;
      const from = Math.max(left, plot.bbox.left);
      for (const [bucket, count] of counts.entries()) {
        if (count <= 0) continue;
        const [top, bottom] = [plot.valToPos(bucket + 1, 'y', true), plot.valToPos(bucket, 'y', true)];
        pen.globalAlpha = 0.12 + 0.88 * Math.sqrt(count / most);
        pen.fillRect(from, top, right - from, bottom - top);
      }
    }
    pen.restore();
  }
}
