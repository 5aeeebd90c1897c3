import uPlot from 'uplot';
import { colorOf } from './colors.ts';
import { formatClock, formatTick, type Unit } from './format.ts';
import type { Stroke } from './strokes.ts';
import { spanOf, type View } from './view.ts';

const plotHeight = 150;

interface PlotParts {
  readonly box: HTMLElement;
  readonly view: View;
  readonly unit: Unit;
  /** One for each line. */
  readonly strokes: readonly Stroke[];
  /** Called with the index of the point under the pointer. */
  readonly pointed: (index: number) => void;
  /** Changes the settings of a plot that does not draw lines. */
  readonly more?: (options: uPlot.Options) => uPlot.Options;
}

/** Makes a plot of lines over time. */
export function makePlot({ box, view, unit, strokes, pointed, more = (options) => options }: PlotParts): uPlot {
  const end = () => view.model.times[view.at]!;
  const axis: uPlot.Axis = {
    stroke: () => colorOf('dim'),
    grid: { stroke: () => colorOf('line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui',
  };
  const options: uPlot.Options = {
    width: width || box.clientWidth || 300,
    height: plotHeight,
    padding: [8, 26, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: 'x', scales: ['x', null] },
      drag: { x: false },
      y: false,
      // The line stands at the point whose values are shown.
      move: (plot, left, top) =>
        left < 0 ? [left, top] : [plot.valToPos(plot.data[0][plot.posToIdx(left)]!, 'x'), top],
    },
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
        values: (_plot, ticks, _axis, _space, step) => ticks.map((t) => formatClock(t, step < 60)),
      },
      { ...axis, size: 58, space: 30, values: (_plot, ticks) => ticks.map((tick) => formatTick(tick, unit)) },
    ],
    series: [
      {},
      ...strokes.map(({ color, dash }) => ({
        stroke: () => colorOf(color),
        width: color === 'fault' ? 2 : 1.5,
        dash: [...dash],
        points: { show: false },
        ...(strokes.length === 1 && { fill: () => `${colorOf(color)}2a` }),
      })),
    ],
    hooks: {
      setCursor: [
        ({ cursor: { idx } }) => {
          // The other plots follow the one under the pointer.
          if (idx != null && hovered === box) pointed(idx);
        },
      ],
    },
  };
  const plot = new uPlot(more(options), [[], ...strokes.map(() => [])], box);
  resizer.observe(box);
  plots.set(box, plot);
  return plot;
}

/** The box under the pointer, and what to call when the pointer leaves it. */
let hovered: Element | undefined;
let leave = () => {};

/** Calls back when the pointer leaves the box of a plot. */
export function watchPointer(box: HTMLElement, left: () => void): void {
  box.addEventListener('pointerenter', () => {
    hovered = box;
    leave = () => {
      hovered = undefined;
      leave = () => {};
      left();
    };
  });
  // A finger that is lifted leaves, too: what it pointed at stays until it touches something else.
  box.addEventListener('pointerleave', ({ pointerType }) => {
    if (pointerType !== 'touch') leave();
  });
}
document.addEventListener('pointerdown', ({ target }) => {
  if (!hovered?.contains(target as Node)) leave(); // whatever was touched
});

const plots = new WeakMap<Element, uPlot>();
/** Of the chart that was laid out last: asking each new one for its own lays out the page each time. */
let width = 0;
const resizer = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) {
    if (contentRect.width === 0) continue; // of what is hidden
    width = contentRect.width;
    const plot = plots.get(target);
    if (plot?.width !== width) plot?.setSize({ width, height: plotHeight });
  }
});
