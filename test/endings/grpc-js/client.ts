import { bidi, clientStream, serverStream, startUnary } from '../calls.ts';
import { messages, statusName, type TestCall, type TestClient } from '../client.ts';
import type { Fixture } from '../fixture.ts';

const starts = { Unary: startUnary, ServerStream: serverStream, ClientStream: clientStream, Bidi: bidi };

/** A client of grpc-js with the interface of the contract. */
export function testClient(client: ReturnType<Fixture['client']>): TestClient {
  return {
    ready: () =>
      new Promise((resolve, reject) => {
        client.waitForReady(Date.now() + 5000, (error) => (error === undefined ? resolve() : reject(error)));
      }),
    start(method, { deadlineSeconds, message = 'small' } = {}): TestCall {
      const deadline = deadlineSeconds === undefined ? {} : { deadline: deadlineSeconds * 1000 };
      const { call, code } = starts[method](client, { ...deadline, message: messages[message] });
      return {
        status: code.then(statusName),
        firstMessage: new Promise((resolve) => {
          call.once('data', () => resolve());
        }),
        send: (sent = 'small') => call.write(messages[sent]),
        halfClose: () => call.end?.(),
        cancel: () => call.cancel(),
      };
    },
    close: () => client.close(),
  };
}
