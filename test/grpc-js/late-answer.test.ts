import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Http2Server, ServerHttp2Stream } from 'node:http2';
import { expect, test } from 'vitest';
import { Fixture, modes, versions } from '../support/grpc-js/fixture.ts';
import { frame } from '../support/raw-client.ts';
import { until } from '../support/wait.ts';

type Callback = (error: { code: number; details: string }) => void;

const watchedModes = modes.filter((mode) => mode !== 'injected connection');

for (const [version, grpc] of versions) {
  test.each(watchedModes)(
    `grpc-js ${version}, %s: an answer between the reset and grpc-js's word of it is too late`,
    async (mode) => {
      const streams: ServerHttp2Stream[] = [];
      const listening = (message: unknown) => {
        const { server } = message as { server: Http2Server };
        server.prependListener('stream', (stream: ServerHttp2Stream) => streams.push(stream));
      };
      subscribe('tracing:net.server.listen:asyncStart', listening);
      const callbacks: Callback[] = [];
      const handlers = { Unary: (_call: unknown, callback: Callback) => callbacks.push(callback) };
      const fixture = await Fixture.start(grpc, mode, { handlers });
      try {
        const call = (await fixture.raw()).open('Unary');
        call.end(frame('x'));
        await until(
          () => callbacks.length === 1,
          () => 'the handler was not called',
        );
        const [stream] = streams;
        // Before grpc-js's own listener: the stream is closed, and nobody has been told.
        stream!.prependListener('close', () => callbacks[0]!({ code: 5, details: 'too late' }));
        call.close(8);
        await until(
          () => fixture.inFlight() === 0,
          () => 'the call has not ended',
        );
        expect(fixture.recorded()).toEqual({ 'Unary CANCELLED': 1 });
      } finally {
        unsubscribe('tracing:net.server.listen:asyncStart', listening);
        await fixture.stop();
      }
    },
  );
}
