import { createRequire } from 'node:module';
import { MetricsError } from '../core/errors.ts';

/** What we use of @opentelemetry/api 1.3 and later, by shape: it is an optional dependency. */
interface OpenTelemetryApi {
  readonly trace: { getActiveSpan(): Span | undefined };
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
 * All copies of the API in a process share the provider that the application has registered. Throws `missing_dependency`.
 */
export function activeSpan(): () => { trace_id: string; span_id: string } | undefined {
  const { trace } = requireApi();
  return () => {
    const span = trace.getActiveSpan();
    if (span === undefined || !span.isRecording()) return undefined;
    const { traceId, spanId, traceFlags } = span.spanContext();
    return (traceFlags & sampled) === 0 ? undefined : { trace_id: traceId, span_id: spanId };
  };
}

function requireApi(): OpenTelemetryApi {
  try {
    return createRequire(import.meta.url)('@opentelemetry/api') as OpenTelemetryApi; // its name says so
  } catch (cause) {
    const remedy = 'npm install @opentelemetry/api, or give a function that returns the labels';
    throw new MetricsError('missing_dependency', `exemplars: true needs the package @opentelemetry/api: ${remedy}`, {
      cause,
    });
  }
}
