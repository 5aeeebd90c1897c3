/**
 * The object in which every copy of @opentelemetry/api 1.x of a process registers what the application's SDK gives it,
 * and finds what another copy registered. It is the only link between two copies, so it is fixed for all of 1.x.
 * Seen in 1.3.0 to 1.10.0, in `internal/global-utils`.
 */
const apiKey = Symbol.for('opentelemetry.js.api.1');

/** The key of the span in a context. Every copy uses the same, for the same reason; in `trace/context-utils`. */
const spanKey = Symbol.for('OpenTelemetry Context Key SPAN');

interface Api {
  /** The context manager; missing until an SDK registers one. */
  readonly context?: { active(): { getValue(key: symbol): unknown } };
}

interface Span {
  isRecording(): boolean;
  spanContext(): { readonly traceId: string; readonly spanId: string; readonly traceFlags: number };
}

const sampled = 1;

/**
 * Reads the active span of OpenTelemetry: one that is sampled, so that somebody will find it, and has not ended.
 * The context of a span that has ended lives on in whatever it started, such as a server.
 *
 * Imports nothing, so it works in bundles that contain @opentelemetry/api, and needs no package to be installed.
 * Throws once if no SDK is registered when the first span is wanted; the caller counts that as a fault.
 */
export function activeSpan(): () => { trace_id: string; span_id: string } | undefined {
  let isReported = false;
  return () => {
    const { context } = (globalThis as { [apiKey]?: Api })[apiKey] ?? {};
    if (context === undefined) {
      if (isReported) return undefined;
      isReported = true;
      throw new Error(missing);
    }
    const span = context.active().getValue(spanKey) as Span | undefined; // nothing else has this key
    if (span === undefined || !span.isRecording()) return undefined;
    const { traceId, spanId, traceFlags } = span.spanContext();
    return (traceFlags & sampled) === 0 ? undefined : { trace_id: traceId, span_id: spanId };
  };
}

const missing =
  'exemplars: true found no OpenTelemetry SDK in this process: start one before the first call, ' +
  'or give a function that returns the labels';
