import { constants } from 'node:http2';
import { muteWhenCalled, none, resetWhenCalled } from '../../support/network-faults.ts';
import { respond, respondAndHold } from '../answers.ts';
import { fake, nobody, nobodyAt, proxied } from '../backend-starts.ts';
import { call, callOpen, callWith, start } from '../drives.ts';
import type { Row } from '../row.ts';

export const connections: readonly Row[] = [
  { name: 'unary: refused', method: 'Unary', backend: nobody, drive: call, seen: 'UNAVAILABLE' },
  { name: 'bidi: refused', method: 'Bidi', backend: nobody, drive: call, seen: 'UNAVAILABLE' },
  {
    name: 'a name that does not resolve',
    method: 'Unary',
    backend: nobodyAt('dns:///no-such-host.invalid:50051'),
    drive: callWith({ deadlineSeconds: 15 }),
    seen: 'UNAVAILABLE',
  },
  {
    name: 'unary: the connection drops before the answer',
    method: 'Unary',
    backend: proxied('hold', resetWhenCalled),
    drive: call,
    seen: 'UNAVAILABLE',
  },
  {
    name: 'server stream: the connection drops after a message',
    method: 'ServerStream',
    backend: proxied('streamOneThenHold', none),
    drive: async (run) => {
      const { status, firstMessage } = start(run);
      await firstMessage;
      run.backend.drop();
      return status;
    },
    seen: 'UNAVAILABLE',
  },
  {
    name: 'bidi: the connection is reset after a message',
    method: 'Bidi',
    backend: fake((stream) => {
      respondAndHold(stream);
      setTimeout(() => stream.session?.socket.resetAndDestroy?.() ?? stream.session?.destroy(), 20);
    }),
    drive: callOpen(),
    seen: 'UNAVAILABLE',
  },
  {
    name: 'half open: keepalive finds that the server is gone',
    method: 'Unary',
    backend: proxied('hold', muteWhenCalled),
    limits: { keepAliveSeconds: 0.06 },
    drive: callWith({ deadlineSeconds: 10 }),
    seen: 'UNAVAILABLE',
  },
  {
    name: 'the server says GOAWAY and answers what it has',
    method: 'Unary',
    backend: fake((stream) => {
      stream.session!.goaway(constants.NGHTTP2_NO_ERROR);
      respond(stream);
    }),
    drive: call,
    seen: 'OK',
  },
  {
    name: 'a call on a closed client: an exception, without a status',
    method: 'Unary',
    backend: nobody,
    drive: (run) => {
      run.application.close();
      return start(run).status;
    },
    seen: 'UNKNOWN',
    attempts: {},
  },
];
