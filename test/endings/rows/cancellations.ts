import { once } from 'node:events';
import { constants } from 'node:http2';
import { sleep } from '../../support/wait.ts';
import { cancelAfterFirstMessage, cancelWhenArrived, framed, resetAfterFirstMessage, start } from '../drives.ts';
import type { Row } from '../row.ts';

/** grpc-js half-closes a stream before it resets it. A handler that ends on half-close may then answer OK. */
const endBeforeReset = 'Node delivers the end of the stream and its reset in either order';

export const cancellations: readonly Row[] = [
  {
    name: 'the client cancels a pending unary call',
    method: 'Unary',
    handler: 'hold',
    drive: cancelWhenArrived,
    wire: 'CANCELLED',
    recorded: 'CANCELLED',
  },
  {
    name: 'the client cancels, the handler answers later',
    method: 'Unary',
    handler: 'answerTooLate',
    drive: cancelWhenArrived,
    wire: 'CANCELLED',
    recorded: 'CANCELLED',
  },
  {
    name: 'the client cancels, the handler refuses later',
    method: 'Unary',
    handler: 'refuseTooLate',
    drive: cancelWhenArrived,
    wire: 'CANCELLED',
    recorded: 'CANCELLED',
  },
  {
    name: 'the client cancels mid server stream',
    method: 'ServerStream',
    handler: 'streamOneThenHold',
    drive: cancelAfterFirstMessage,
    wire: 'CANCELLED',
    recorded: 'CANCELLED',
  },
  {
    // Frameworks end such a stream when the client leaves: nobody abandoned it.
    name: 'the client cancels mid server stream, the handler ends it later',
    method: 'ServerStream',
    handler: 'streamOneThenEndTooLate',
    drive: cancelAfterFirstMessage,
    wire: 'CANCELLED',
    recorded: 'CANCELLED',
  },
  {
    name: 'the client cancels mid server stream, the handler goes on writing',
    method: 'ServerStream',
    handler: 'streamUntilTooLate',
    drive: cancelAfterFirstMessage,
    wire: 'CANCELLED',
    recorded: 'CANCELLED',
  },
  {
    name: 'the client resets mid bidi',
    method: 'Bidi',
    handler: 'echoThenHold',
    drive: resetAfterFirstMessage,
    wire: 'reset 8',
    recorded: 'CANCELLED',
  },
  {
    name: 'the client reads nothing and goes away while the answer is on its way',
    method: 'ServerStream',
    handler: 'streamMegabyte',
    drive: async (run) => {
      const stream = (await run.raw()).open(run.method);
      stream.pause();
      stream.end(framed);
      await once(stream, 'response');
      await sleep(20); // The handler ends the stream meanwhile.
      const inFlight = run.recorded.inFlight();
      stream.close(constants.NGHTTP2_CANCEL);
      return `${inFlight} in flight until then`;
    },
    wire: '1 in flight until then',
    recorded: 'CANCELLED',
  },
  {
    name: "Node's client cancels a client stream before it is done: the server ends it OK",
    method: 'ClientStream',
    handler: 'collect',
    drive: async (run) => {
      const call = start(run, run.client());
      await run.arrived();
      await sleep(20); // So that the request has reached the handler too.
      call.cancel();
      return call.status;
    },
    wire: 'CANCELLED',
    recorded: 'OK',
    race: endBeforeReset,
  },
  {
    name: "Node's client cancels a bidi call before it is done: the server ends it OK",
    method: 'Bidi',
    handler: 'echo',
    drive: cancelAfterFirstMessage,
    wire: 'CANCELLED',
    recorded: 'OK',
    race: endBeforeReset,
  },
];
