import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type * as grpc from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import { unary } from '../support/grpc-js/calls.ts';
import { Fixture, modes, versions } from '../support/grpc-js/fixture.ts';

/** What `agent-service.ts` prints: server spans by name, unhandled rejections, and calls by status. */
interface Printed {
  readonly spans: Record<string, number>;
  readonly unhandled: number;
  readonly calls: Record<string, number>;
  readonly errors: Record<string, number>;
  readonly rejections: Record<string, number>;
}

const orders: [order: string, rejections: number][] = [
  ['instrument first', 1],
  ['services first', 1],
  // Its wrapper stays around the handler, and hides the rejection.
  ['agent switched off in between', 0],
];
test.each(orders)('OpenTelemetry traces each call once, %s', async (order, rejections) => {
  const program = fileURLToPath(new URL('./agent-service.ts', import.meta.url));
  const args = ['--import', 'tsx', program, order];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 30_000 });
  const printed = JSON.parse(stdout) as Printed; // as it prints it
  expect(printed.spans).toEqual({ 'grpc.a.B/Get': 5, 'grpc.a.B/Fail': 1, 'grpc.a.B/Reject': 1 });
  expect(printed.unhandled).toBe(1);
  expect(printed.calls).toMatchObject({ OK: 5, UNKNOWN: 1, DEADLINE_EXCEEDED: 1 });
  expect(printed.errors).toMatchObject({ UNKNOWN: 0, TypeError: 1 });
  expect(printed.errors.RangeError ?? 0).toBe(rejections);
  expect(printed.rejections['/a.B/Reject']).toBe(rejections);
});

/** 1.10 has no connection injector. */
const ways = versions
  .flatMap(([version, of]) => modes.map((mode) => [version, mode, of] as const))
  .filter(([version, mode]) => version !== '1.10' || mode !== 'injected connection');
test.each(ways)("grpc-js %s, %s: what an agent reads of grpc-js's own call is there", async (version, mode, of) => {
  if (version === '1.10' && mode === 'injected connection') return; // 1.10 has no connection injector
  const seen: unknown[] = [];
  const reading: grpc.ServerInterceptor = (_method, call) => {
    const { handler, callEventTracker } = call as unknown as Record<string, unknown>;
    seen.push((handler as { path?: unknown } | undefined)?.path, callEventTracker);
    (call as unknown as Record<string, unknown>).callEventTracker = undefined;
    return call as grpc.ServerInterceptingCall;
  };
  const handlers = {
    Unary: (_call: unknown, callback: (error: null, reply: Buffer) => void) => callback(null, Buffer.of(1)),
  };
  const fixture = await Fixture.start(of, mode, { handlers, interceptors: [reading] }, new GrpcMetrics());
  try {
    expect(await unary(fixture.client())).toBe(0);
    expect(seen[0]).toBe(mode === 'second interceptor' ? undefined : '/test.v1.Endings/Unary');
  } finally {
    await fixture.stop();
  }
});
