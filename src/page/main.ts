import { type Chart, callCharts, otherCharts, runtimeCharts, type Side } from './charts.ts';
import { $, attribute, choice, field, h, say } from './dom.ts';
import { Figure, readColors, type View } from './figure.ts';
import { format, formatClock } from './format.ts';
import { onKeys } from './keys.ts';
import { Model } from './model.ts';
import { type Calls, callsOf, rowAt } from './rows.ts';
import { StreamReader } from './stream.ts';
import { columns, Table } from './table.ts';
import { total } from './window.ts';

const model = new Model();
let side: Side | undefined;
/** Key of the chosen calls; empty for all. */
let chosen = '';
/** Place of the time at which it is paused, counted from the first time ever. */
let paused: number | undefined;
let isLost = false;
let calls: readonly Calls[] = [];
let version = -1;
let isAsked = false;
/** Seconds for which what comes after a moment at which it is paused is kept, too. */
const longestPause = 600;
/** Until a page that is hidden listens no more, in milliseconds: most are looked at again soon. */
const hiddenPatience = 20_000;

const view: View = {
  model,
  at: -1,
  range: 300,
  epoch: 0,
  chosen: () => true,
  ask: () => {
    if (!isAsked) requestAnimationFrame(draw);
    isAsked = true;
  },
};

const table = new Table($('methods'), view, choose);
const sides = choice<Side>('Side', { Server: 'server', Client: 'client' }, (value) => {
  side = value;
  version = -1;
  table.sortNow();
  choose('');
});
const ranges = choice<number>('Time range', { '1 min': 60, '5 min': 300, '10 min': 600 }, (value) => {
  view.range = value;
  ranges.show(value);
  view.ask();
});
ranges.show(view.range);
$('ranges').append(ranges.element);
$('sides').append(sides.element);

const tiles = [...columns.map(([, title]) => title), ''].map((title) => {
  const [name, value] = [h('dt', {}, title), h('dd', {}, '–')];
  $('tiles').append(h('div', {}, name, value));
  return { name, value };
});

const figures = new Map<string, Figure>();
/** What charts may take of a frame, in milliseconds. */
const frameTime = 6;

function draw(): void {
  isAsked = false;
  const { hello, times, dropped } = model;
  if (!hello || times.length === 0) return;
  view.at = Math.max(0, Math.min(times.length - 1, (paused ?? Infinity) - dropped));
  if (version !== model.version) arrange();
  const of = calls.find(({ method }) => method === chosen);
  const row = of && rowAt(model, of, view.at);
  for (const [index, { name, value }] of tiles.entries()) {
    const column = columns[index];
    if (column) say(value, row && !isLost ? column[2](row) : '–');
    else {
      const [title, open] =
        side === 'server' ? (['Connections', 'connections'] as const) : (['Channels', 'channels'] as const);
      say(name, title);
      say(value, format(isLost ? null : total(model.withRole(`${side!}.${open}`), view.at), ''));
    }
  }
  table.draw(
    calls.filter(({ method }) => method !== ''),
    chosen,
  );
  // As many as a frame has time for, so that scrolling goes on.
  const end = performance.now() + frameTime;
  for (const figure of figures.values()) {
    if (performance.now() > end) {
      view.ask();
      break;
    }
    figure.draw();
  }
  say($('clock'), formatClock(times[view.at]!));
  if (paused !== undefined && times.at(-1)! - times[view.at]! > longestPause) stream.rest();
  say($('left'), model.left.length > 0 ? `Too large to be shown here, see /metrics: ${model.left.join(', ')}` : '');
}

/** What there is to show has changed. */
function arrange(): void {
  version = model.version;
  view.epoch += 1;
  const has = (one: Side) => model.withRole(`${one}.requests`).length > 0;
  $('sides').hidden = !has('server') || !has('client');
  if (!side || !has(side)) side = has('client') && !has('server') ? 'client' : 'server';
  sides.show(side);
  calls = callsOf(model, side);
  if (!calls.some(({ method }) => method === chosen)) choose('');

  const runtime = runtimeCharts(model);
  const { mine, rest } = otherCharts(model, [
    ...callCharts(model, 'server'),
    ...callCharts(model, 'client'),
    ...runtime,
  ]);
  const shown = new Set([
    ...show('calls', callCharts(model, side)),
    ...show('runtime', runtime),
    ...show('mine', mine),
    ...show('rest', rest),
  ]);
  for (const [key, figure] of figures) {
    if (shown.has(key)) continue;
    figure.destroy();
    figures.delete(key);
  }
  filterMetrics();
}

/** Returns the keys of the charts. */
function show(section: string, charts: readonly Chart[]): readonly string[] {
  const box = $(section);
  const keys = charts.map((chart) => JSON.stringify(chart));
  const elements = charts.map((chart, index) => {
    // A family's chart is another one when it gets more series, or has other names.
    const key = keys[index]!;
    const figure = figures.get(key) ?? new Figure(chart, view, (text, near) => void copy(text, near));
    figures.set(key, figure);
    return figure;
  });
  const shown = elements.filter(({ isEmpty }) => !isEmpty).map(({ element }) => element);
  if (shown.length !== box.children.length || shown.some((element, index) => element !== box.children[index])) {
    box.replaceChildren(...shown);
  }
  box.closest<HTMLElement>('.part')!.hidden = shown.length === 0;
  return keys;
}

function choose(method: string): void {
  chosen = method === chosen ? '' : method;
  const label = model.hello!.labels.method;
  view.chosen = ({ family, labels }) =>
    chosen === '' || !family.role?.startsWith(`${side!}.`) || !(label in labels) || labels[label] === chosen;
  view.epoch += 1;
  say($('scope'), chosen || 'All methods');
  $('clear').hidden = chosen === '';
  view.ask();
}
$('clear').onclick = () => choose('');

function pause(): void {
  paused = paused === undefined ? model.dropped + view.at : undefined;
  // What is looked at stays. When there is no more room for what comes, that waits at the service.
  model.extra = paused === undefined ? 0 : longestPause;
  listenIfSeen();
  attribute($('pause'), 'aria-pressed', paused !== undefined);
  document.body.classList.toggle('paused', paused !== undefined);
  view.ask();
}
$('pause').onclick = pause;

/** To an earlier or a later moment; paused, as it would run away. */
function step(moments: number): void {
  if (paused === undefined) pause();
  paused = Math.max(model.dropped, Math.min(model.dropped + model.times.length - 1, paused! + moments));
  view.ask();
}

const find = field('find');
const filter = field('filter');
filter.oninput = () => {
  table.filter = filter.value.trim().toLowerCase();
  view.ask();
};
find.oninput = filterMetrics;

function filterMetrics(): void {
  const text = find.value.trim().toLowerCase();
  let shown = 0;
  for (const figure of document.querySelectorAll<HTMLElement>('#mine > *, #rest > *')) {
    figure.hidden = !figure.dataset.chart!.toLowerCase().includes(text);
    if (!figure.hidden && figure.closest('#mine')) shown += 1;
  }
  say($('none'), shown > 0 || text === '' ? '' : 'No metric of yours matches: Escape shows all.');
}

/** Ends what is said of the last copy. */
let quiet = () => {};

/** To the clipboard; where there is none, as a text that is selected. */
async function copy(text: string, near: HTMLElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    quiet();
    near.classList.add('done');
    say($('said'), 'PromQL copied');
    const timer = setTimeout(() => quiet(), 1500);
    quiet = () => {
      clearTimeout(timer);
      near.classList.remove('done');
      say($('said'), '');
    };
  } catch {
    const copied = h('input', { readOnly: true, value: text, ariaLabel: 'PromQL to copy' });
    copied.onblur = () => copied.remove();
    near.after(copied);
    copied.select();
  }
}

onKeys({ filter, pause, step, all: () => chosen && choose('') });

const stream = new StreamReader(model, {
  greet: () => {
    const { service = '', version: release = '' } = model.hello!.service;
    document.title = `${service} · grpc-vitals`;
    say($('service'), service);
    say($('version'), release);
  },
  tell: (text, lost) => {
    isLost = lost;
    document.body.classList.toggle('lost', lost);
    say($('status'), text);
    view.ask();
  },
  changed: view.ask,
});

let away: ReturnType<typeof setTimeout> | undefined;
/** A page that nobody sees costs the service nothing, and takes none of the few connections that a browser has for a host. */
function listenIfSeen(): void {
  clearTimeout(away);
  if (document.visibilityState === 'hidden') away = setTimeout(() => stream.rest(), hiddenPatience);
  else if (!stream.isOpen && paused === undefined) stream.open();
}
document.onvisibilitychange = listenIfSeen;
listenIfSeen();

const dark = matchMedia('(prefers-color-scheme: dark)');
dark.onchange = () => {
  readColors();
  view.epoch += 1;
  view.ask();
};
readColors();
