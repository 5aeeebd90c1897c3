/** Endings of calls, each by a method of its own: how its handler behaves, and how its client calls it. */
'use strict';

const message = Buffer.of(1, 2, 3);
const bytes = (value) => value;
const codec = {
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
};

module.exports = function endingsOf(grpc) {
  const refusal = () => {
    const metadata = new grpc.Metadata();
    metadata.set('reason', 'sold out');
    return { code: grpc.status.NOT_FOUND, details: 'no such thing', metadata };
  };

  /** When calls with a deadline were made and reached their handlers, in milliseconds. */
  const made = {};
  const arrived = {};

  const endings = {
    Unary: { handler: (_call, callback) => callback(null, message) },
    UnaryAsync: { handler: async (_call, callback) => callback(null, message) },
    ServerStream: {
      responseStream: true,
      handler: (call) => {
        call.write(message);
        call.write(message);
        call.end();
      },
    },
    ClientStream: {
      requestStream: true,
      handler: (call, callback) => {
        call.on('data', () => {});
        call.on('end', () => callback(null, message));
      },
    },
    Bidi: {
      requestStream: true,
      responseStream: true,
      handler: (call) => {
        call.on('data', (request) => call.write(request));
        call.on('end', () => call.end());
      },
    },
    Refused: { handler: (_call, callback) => callback(refusal()) },
    StreamRefused: {
      responseStream: true,
      handler: (call) => {
        call.write(message);
        setTimeout(() => call.emit('error', refusal()), 5);
      },
    },
    Thrown: {
      hasDeadline: true,
      handler: () => {
        arrived.Thrown = performance.now();
        throw new TypeError('a bug');
      },
    },
    Rejected: {
      hasDeadline: true,
      handler: async () => {
        arrived.Rejected = performance.now();
        throw new RangeError('a bug');
      },
    },
    Deadline: {
      hasDeadline: true,
      handler: () => {
        arrived.Deadline = performance.now();
      },
    },
    Cancelled: { cancelsAfter: 'a time', handler: () => {} },
    StreamCancelled: { responseStream: true, cancelsAfter: 'a message', handler: (call) => call.write(message) },
    /** The server does not have it. */
    Missing: {},
  };

  const definition = {};
  const implementation = {};
  for (const [name, { requestStream = false, responseStream = false, handler }] of Object.entries(endings)) {
    definition[name] = { path: `/test.v1.Agents/${name}`, requestStream, responseStream, ...codec };
    if (handler !== undefined) implementation[name] = handler;
  }
  const { Missing: _missing, ...served } = definition;

  /** Makes one call; resolves with what its client got. */
  function drive(client, name) {
    const { requestStream, responseStream, hasDeadline, cancelsAfter } = endings[name];
    return new Promise((resolve) => {
      let messages = 0;
      const onReply = (_error, reply) => {
        if (reply !== undefined) messages += 1;
      };
      made[name] = performance.now();
      const call = client[name](
        ...(requestStream ? [] : [message]),
        new grpc.Metadata(),
        hasDeadline ? { deadline: Date.now() + 1000 } : {},
        ...(responseStream ? [] : [onReply]),
      );
      call.on('error', () => {});
      call.on('status', ({ code, details, metadata }) => {
        // The details of a deadline say how long the call took.
        const text = code === grpc.status.DEADLINE_EXCEEDED ? '' : ` ${details}`;
        // grpc-js calls back after the status.
        setImmediate(() => resolve(`${grpc.status[code]}${text}, ${messages}, ${metadata.get('reason')}`));
      });
      if (responseStream) {
        call.on('data', () => {
          messages += 1;
          if (cancelsAfter === 'a message') call.cancel();
        });
      }
      if (cancelsAfter === 'a time') setTimeout(() => call.cancel(), 100);
      if (requestStream) {
        call.write(message);
        call.end();
      }
    });
  }

  /** Makes each call once; resolves with what each client got. */
  async function driveAll(client) {
    const got = {};
    const driveEach = (names) => Promise.all(names.map(async (name) => (got[name] = await drive(client, name))));
    const isLast = (name) => endings[name].hasDeadline === true;
    await driveEach(Object.keys(endings).filter((name) => !isLast(name)));
    await driveEach(Object.keys(endings).filter(isLast));
    return got;
  }

  /**
   * Whether a call with a deadline took so long to its handler that the client's reset looks like a cancellation to the
   * server: 100 ms of a second. The machine was busy then.
   */
  function isLate() {
    return Object.keys(arrived).some((name) => arrived[name] - made[name] > 50);
  }

  return { definition, served, implementation, driveAll, isLate };
};
