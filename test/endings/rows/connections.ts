import { framed, resetWhenArrived, seen, start } from '../drives.ts';
import type { Row } from '../row.ts';

export const connections: readonly Row[] = [
  {
    name: 'TCP reset',
    method: 'Unary',
    handler: 'hold',
    drive: async (run) => {
      const raw = await run.raw();
      raw.open(run.method).end(framed);
      await run.arrived();
      raw.socket.resetAndDestroy();
    },
    wire: undefined,
    recorded: 'CANCELLED',
  },
  {
    name: 'the connection is destroyed',
    method: 'Bidi',
    handler: 'streamOneThenHold',
    drive: async (run) => {
      const raw = await run.raw();
      raw.open(run.method).write(framed);
      await run.arrived();
      raw.session.destroy();
    },
    wire: undefined,
    recorded: 'CANCELLED',
  },
  {
    name: 'half-close, then reset',
    method: 'Unary',
    handler: 'hold',
    drive: resetWhenArrived(framed),
    wire: 'reset 8',
    recorded: 'CANCELLED',
  },
  {
    name: 'the server ends all connections at once',
    method: 'Unary',
    handler: 'hold',
    drive: async (run) => {
      const call = start(run, run.client(), { deadlineSeconds: 10 });
      await run.arrived();
      run.server.kill();
      return (await call.status) === 'OK';
    },
    wire: false,
    recorded: 'CANCELLED',
  },
  {
    name: 'the connection reaches its maximum age',
    method: 'Unary',
    handler: 'hold',
    limits: { maxConnectionAgeSeconds: 0.2, maxConnectionAgeGraceSeconds: 0.03 },
    drive: async (run) => {
      const stream = (await run.raw()).open(run.method);
      stream.end(framed);
      return (await seen(stream)).startsWith('reset');
    },
    wire: true,
    recorded: 'CANCELLED',
    race: 'the connection may reach its age before the call comes',
  },
  {
    name: 'the server shuts down while a call is pending, which then ends OK',
    method: 'Unary',
    handler: 'answerLater',
    drive: async (run) => {
      const call = start(run, run.client());
      await run.arrived();
      await run.server.shutDown();
      return call.status;
    },
    wire: 'OK',
    recorded: 'OK',
  },
];
