/** How smoothly a page ran, from the browser's own trace. Times are in seconds. */
export interface FrameTimes {
  /** Frames in which something was to be shown: none where nothing moves. */
  readonly frames: number;
  /** Share of them that were on the screen later than allowed after they began, or never. */
  readonly lateShare: number;
  /** The longest that any of them took. */
  readonly longestFrame: number;
  /** The longest that the page's main thread was busy without a pause. */
  readonly longestTask: number;
  /** How often it was for more than 50 ms: what the web calls a long task. */
  readonly longTasks: number;
  /** The main thread's time on a processor: what else the machine does adds little to it, unlike to all of the above. */
  readonly busy: number;
  /** Of that, the most without a pause. */
  readonly longestRun: number;
}

/** What is read of a trace event; times are in microseconds. See the Trace Event Format, and Chromium's `PipelineReporter`. */
interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  /** On a processor. */
  readonly tdur?: number;
  readonly id2?: { readonly local?: string };
  readonly args: {
    readonly name?: string;
    readonly frame_reporter?: FrameReport;
    readonly data?: { readonly frames?: readonly TracedFrame[] };
  };
}

interface FrameReport {
  readonly state: string;
  readonly frame_sequence: number;
  readonly layer_tree_host_id: number;
}

/** A document, and not a frame on the screen. */
interface TracedFrame {
  readonly processId: number;
  readonly parent?: string;
}

/** One attempt to show a frame. */
interface Attempt extends FrameReport {
  readonly begin: number;
  readonly end: number;
}

/** What `readTrace` needs to be traced. */
export const traceCategories: string[] = [
  '-*',
  'devtools.timeline',
  'disabled-by-default-devtools.timeline',
  'disabled-by-default-devtools.timeline.frame',
];

/** Reads the trace of a page. A frame is late when it took longer than `lateAfter` seconds. */
export function readTrace(json: string, lateAfter: number): FrameTimes {
  const { traceEvents } = JSON.parse(json) as { traceEvents: readonly TraceEvent[] };
  const documents = traceEvents.find(({ name }) => name === 'TracingStartedInBrowser')?.args.data?.frames;
  const pid = documents?.find(({ parent }) => parent === undefined)?.processId;
  if (pid === undefined) throw new Error('the trace names no page');
  const own = traceEvents.filter((event) => event.pid === pid);
  const delays = frameDelays(own);
  const tasks = mainThreadTasks(own);
  return {
    frames: delays.length,
    lateShare: delays.length === 0 ? 0 : delays.filter((delay) => delay > lateAfter).length / delays.length,
    longestFrame: Math.max(0, ...delays),
    longestTask: Math.max(0, ...tasks.map(({ seconds }) => seconds)),
    longTasks: tasks.filter(({ seconds }) => seconds > 0.05).length,
    busy: tasks.reduce((all, { busy }) => all + busy, 0),
    longestRun: Math.max(0, ...tasks.map(({ busy }) => busy)),
  };
}

/**
 * Seconds from the beginning of each frame until the screen showed it or a later one.
 *
 * While the main thread is busy the browser begins a frame every 1/60 s and drops it: each one counts as late until
 * something newer than it is shown, so that a pause weighs as much as it is long.
 */
function frameDelays(events: readonly TraceEvent[]): number[] {
  const attempts = frameAttempts(events);
  const shown = attempts.filter(({ state }) => state === 'STATE_PRESENTED_ALL');
  const end = Math.max(...events.map(({ ts }) => ts));
  const wanted = new Map<string, Attempt>();
  for (const attempt of attempts) {
    const { state, layer_tree_host_id: tree, frame_sequence: sequence } = attempt;
    // What else is begun has nothing new to show, or shows a part of what is counted here.
    if (!['STATE_PRESENTED_ALL', 'STATE_DROPPED'].includes(state)) continue;
    // The empty document that was there before the page was never shown.
    if (shown.some((other) => other.layer_tree_host_id === tree)) wanted.set(`${tree} ${sequence}`, attempt);
  }
  return [...wanted.values()].map(({ begin, layer_tree_host_id: tree, frame_sequence: sequence }) => {
    const ends = shown
      .filter((other) => other.layer_tree_host_id === tree && other.frame_sequence >= sequence)
      .map((other) => other.end);
    return (Math.min(end, ...ends.filter((at) => at >= begin)) - begin) / 1e6;
  });
}

function frameAttempts(events: readonly TraceEvent[]): Attempt[] {
  const begun = new Map<string | undefined, TraceEvent>();
  const attempts: Attempt[] = [];
  for (const event of events.filter(({ name }) => name === 'PipelineReporter').sort((a, b) => a.ts - b.ts)) {
    const id = event.id2?.local;
    if (event.ph === 'b') {
      begun.set(id, event);
      continue;
    }
    const begin = begun.get(id);
    begun.delete(id);
    const report = begin?.args.frame_reporter;
    if (begin !== undefined && report !== undefined) attempts.push({ ...report, begin: begin.ts, end: event.ts });
  }
  return attempts;
}

function mainThreadTasks(events: readonly TraceEvent[]): { seconds: number; busy: number }[] {
  const main = events.find(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')?.tid;
  if (main === undefined) throw new Error('the trace names no main thread');
  return events
    .filter(({ name, tid }) => name === 'RunTask' && tid === main)
    .map(({ dur = 0, tdur = 0 }) => ({ seconds: dur / 1e6, busy: tdur / 1e6 }));
}
