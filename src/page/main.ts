import { formatAge } from '../core/seconds.ts';
import { formatSelection, nameOfWindow, parseSelection, windows } from './address.ts';
import type { Side } from './charts.ts';
import { readColors } from './colors.ts';
import { $, attribute, choice, field, say } from './dom.ts';
import { FirstCall } from './first-call.ts';
import { format, formatClock } from './format.ts';
import { alarming, Headline } from './headline.ts';
import { showIdentity } from './identity.ts';
import { onKeys } from './keys.ts';
import { Model } from './model.ts';
import { onPrint } from './print.ts';
import { Processes } from './processes.ts';
import { addCalls, type Calls, callsOf, rowAt } from './rows.ts';
import { Sections } from './sections.ts';
import { stepsOf } from './steps.ts';
import { StreamReader } from './stream.ts';
import { Table } from './table.ts';
import { longestSpan, placeShown, type View } from './view.ts';
import { total } from './window.ts';

const model = new Model();
let { side, method: chosen, filter: text } = parseSelection(location.hash);
/** Place of the moment at which it is paused, counted from the first time ever. */
let paused: number | undefined;
let isLost = false;
/** What the stream says of the connection. */
let connection = 'Connecting …';
/** By method, and the selected ones as one. */
let calls: readonly Calls[] = [];
let selected: Calls = addCalls([]);
let version = -1;
let isAsked = false;
/** Seconds for which a paused page keeps also what comes after its moment. */
const longestPause = 600;
/** Until a hidden page stops listening, in milliseconds: most are looked at again soon. */
const hiddenPatience = 20_000;

const view: View = {
  model,
  at: -1,
  pointed: undefined,
  steps: { seconds: 5, places: [] },
  window: parseSelection(location.hash).window,
  epoch: 0,
  chosen: () => true,
  ask: () => {
    if (!isAsked) requestAnimationFrame(() => draw());
    isAsked = true;
  },
};

const headline = new Headline($('tiles'));
const table = new Table($('methods'), view, choose);
const first = new FirstCall();
$('methods').before(first.element);
const processes = new Processes($('processes'));
const sections = new Sections(view, () => {
  version = -1;
  view.ask();
});
const sides = choice<Side>('Side', { 'Server calls': 'server', 'Client calls': 'client' }, (value) => {
  side = value;
  chosen = '';
  table.sortNow();
  select();
});
const spans = choice<number>(
  'Window',
  Object.fromEntries(windows.map((window) => [nameOfWindow(window), window])),
  (value) => {
    view.window = value;
    select();
  },
);
$('windows').append(spans.element);
$('sides').append(sides.element);

function draw(isWhole = false): void {
  isAsked = false;
  const { hello, times, dropped } = model;
  if (!hello || times.length === 0) return;
  view.at = Math.max(0, Math.min(times.length - 1, (paused ?? Infinity) - dropped));
  if (version !== model.version) arrange();
  view.steps = stepsOf(model, view.at, longestSpan);
  const at = placeShown(view);
  const row = rowAt(model, selected, at, view.window);
  const isServer = side === 'server';
  const connections = total(model.withRole(isServer ? 'server.connections' : 'client.channels'), at);
  headline.draw(isLost ? undefined : row, isServer ? 'Connections' : 'Channels', connections);
  table.draw(calls, chosen);
  first.draw(
    side!,
    calls,
    chosen,
    sum(selected, ({ told }) => told),
    sum(selected, ({ values }) => values[at]),
  );
  const several = processes.draw(view, at, side!);
  sections.draw(times[at]!, isWhole);
  sayMoment(at);
  const faults = (row.faults ?? 0) >= alarming ? format(row.faults, '%') : undefined;
  showIdentity(model, { isLost, isPaused: paused !== undefined, faults, processes: several });
  if (paused !== undefined && times.at(-1)! - times[view.at]! > longestPause) stream.rest();
  say($('left'), model.left.length > 0 ? `Too large for this page: ${model.left.join(', ')}` : '');
}

function sum({ requests }: Calls, value: (series: Calls['requests'][number]) => unknown): number {
  return requests.reduce((all, series) => all + (Number(value(series)) || 0), 0);
}

/** Says of which moment, and of which window before it, all numbers are. */
function sayMoment(at: number): void {
  const { times } = model;
  const isPast = at < times.length - 1;
  const clock = formatClock(times[at]!);
  say($('clock'), clock);
  say($('age'), isPast ? `${formatAge(times.at(-1)! - times[at]!)} ago` : '');
  document.body.classList.toggle('past', isPast);
  sayState(isPast);
  const span = `${nameOfWindow(view.window)} up to ${clock}`;
  for (const element of document.querySelectorAll('.span')) say(element, span);
}

function sayState(isPast = false): void {
  const seconds = total(model.withRole('runtime.blocked'), view.at) ?? 0;
  const isBlocked = seconds > 0 && !isLost;
  document.body.classList.toggle('blocked', isBlocked);
  const live = isBlocked ? `Main thread blocked for ${format(seconds, 's')}` : isPast ? 'Past' : connection;
  say($('status'), isLost ? connection : paused !== undefined ? 'Paused' : live);
}

/** What there is to show has changed. */
function arrange(): void {
  version = model.version;
  view.epoch += 1;
  const has = (one: Side) => model.withRole(`${one}.requests`).length > 0;
  if (!side || (!has(side) && (has('server') || has('client'))))
    side = has('client') && !has('server') ? 'client' : 'server';
  sides.show(side);
  $('sides').hidden = !has('server') || !has('client');
  const only = has('server') ? '' : 'This process has clients only: these are calls that it makes.';
  const made = has('server') && has('client') ? 'Calls that this process makes' : only;
  say($('what'), side === 'client' ? made : has('client') ? 'Calls that this process answers' : '');
  const wanted = text.trim().toLowerCase();
  calls = callsOf(model, side);
  const matching = calls.filter(({ method }) =>
    chosen === '' ? method.toLowerCase().includes(wanted) : method === chosen,
  );
  selected = addCalls(matching);
  const label = model.hello!.labels.method;
  const methods = new Set(matching.map(({ method }) => method));
  view.chosen = ({ family, labels }) =>
    !family.role?.startsWith(`${side!}.`) || !(label in labels) || methods.has(labels[label]!);
  say($('scope'), chosen || (text === '' ? 'All methods' : `${matching.length} of ${calls.length} methods`));
  $('clear').hidden = chosen === '';
  spans.show(view.window);
  table.filter = wanted;
  sections.arrange(side, wanted, calls.length === 0 || matching.length > 0);
}

/** The selection has changed. */
function select(): void {
  version = -1;
  const hash = formatSelection({ side, method: chosen, window: view.window, filter: text });
  history.replaceState(null, '', hash === '' ? location.pathname : `#${hash}`);
  view.ask();
}

function choose(method: string): void {
  chosen = method === chosen ? '' : method;
  select();
  // Where the charts are far below the table, they come into view.
  const charts = $('calls').parentElement!;
  if (chosen !== '' && charts.getBoundingClientRect().top > innerHeight - 200) $('scope').scrollIntoView();
  if (chosen !== '' && innerWidth <= 600) charts.scrollIntoView();
}
$('clear').onclick = () => choose('');

window.onhashchange = () => {
  const { window: seconds, ...selection } = parseSelection(location.hash);
  view.window = seconds;
  ({ method: chosen, filter: text } = selection);
  side = selection.side ?? side;
  filter.value = text;
  version = -1;
  view.ask();
};

function pause(): void {
  paused = paused === undefined ? model.dropped + view.at : undefined;
  // What is looked at stays. When there is no more room for what comes, that waits at the service.
  model.extra = paused === undefined ? 0 : longestPause;
  listenIfSeen();
  const isPaused = paused !== undefined;
  attribute($('pause'), 'aria-pressed', isPaused);
  say($('pause'), isPaused ? 'Resume' : 'Pause');
  document.body.classList.toggle('paused', isPaused);
  sayState();
  view.ask();
}
$('pause').onclick = pause;

/** To an earlier or a later moment; paused, as it would run away. */
function step(moments: number): void {
  if (paused === undefined) pause();
  paused = Math.max(model.dropped, Math.min(model.dropped + model.times.length - 1, paused! + moments));
  view.ask();
}

const filter = field('filter');
filter.value = text;
filter.oninput = () => {
  text = filter.value;
  select();
};

onKeys({ filter, pause, step, all: () => chosen && choose('') });

const stream = new StreamReader(model, {
  greet: view.ask,
  tell: (state, lost) => {
    isLost = lost;
    document.body.classList.toggle('lost', lost);
    connection = state;
    sayState();
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

onPrint(
  (isLight) => {
    document.documentElement.classList.toggle('light', isLight);
    readColors();
    view.epoch += 1;
    view.ask();
  },
  () => draw(true),
);
