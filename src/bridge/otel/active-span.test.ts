import { context, type Span, TraceFlags, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { afterEach, expect, test } from 'vitest';
import { activeSpan } from './active-span.ts';

afterEach(() => context.disable());

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

/** A span as an SDK makes it. */
const span = (isRecording: boolean, traceFlags: TraceFlags) =>
  ({ isRecording: () => isRecording, spanContext: () => ({ traceId, spanId, traceFlags }) }) as Span;

const spans: [name: string, active: Span | undefined, labels: object | undefined][] = [
  ['sampled', span(true, TraceFlags.SAMPLED), { trace_id: traceId, span_id: spanId }],
  ['not sampled', span(true, TraceFlags.NONE), undefined],
  ['ended', span(false, TraceFlags.SAMPLED), undefined],
  ['of a remote caller', trace.wrapSpanContext({ traceId, spanId, traceFlags: TraceFlags.SAMPLED }), undefined],
  ['none', undefined, undefined],
];
test.each(spans)('the active span of @opentelemetry/api: %s', (_name, active, labels) => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const read = activeSpan();
  const inside = active === undefined ? context.active() : trace.setSpan(context.active(), active);
  expect(context.with(inside, read)).toEqual(labels);
  expect(read()).toBeUndefined();
});

test('without an SDK the first reading throws and says what to do; an SDK that comes later is found', () => {
  const read = activeSpan();
  expect(read).toThrow('exemplars: true found no OpenTelemetry SDK in this process: start one before the first call');
  expect(read()).toBeUndefined();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const active = trace.setSpan(context.active(), span(true, TraceFlags.SAMPLED));
  expect(context.with(active, read)).toEqual({ trace_id: traceId, span_id: spanId });
});
