import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, type RequestListener, request, type Server } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { untilClosed } from '../../test/support/wait.ts';
import { Guard } from './guard.ts';

const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A user's own server, on which a guard admits what gets to it. */
async function guarded(answer: RequestListener, before: RequestListener = () => {}) {
  const guard = new Guard();
  const seen = { admitted: 0, refused: 0 };
  const listener: RequestListener = (incoming, response) => {
    const handle = () => {
      const isAdmitted = guard.admit(incoming, response);
      seen[isAdmitted ? 'admitted' : 'refused'] += 1;
      if (isAdmitted) answer(incoming, response);
    };
    before(incoming, response);
    if (before.length > 0) incoming.once('end', handle);
    else handle();
  };
  const server: Server = createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { guard, seen, listener, port: (server.address() as AddressInfo).port }; // it listens on TCP
}

test('a connection that waits for more than 8 answers is destroyed', async () => {
  const { port, seen } = await guarded(() => {});
  const attacker = connect(port, '127.0.0.1');
  attacker.on('error', () => {}); // it is cut off on purpose
  attacker.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(500));
  attacker.resume();
  await untilClosed(attacker);
  expect(seen.admitted).toBe(8);
});

test('an answer that has been given is not outstanding any more', async () => {
  const { port, seen, guard } = await guarded((incoming, response) => {
    response.end(String(guard.outstanding(incoming.socket).size));
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  closing.push(() => agent.destroy());
  for (let time = 0; time < 20; time += 1) {
    const [response] = (await once(request({ port, agent }).end(), 'response')) as [IncomingMessage];
    expect(await text(response)).toBe('1');
  }
  expect(seen).toEqual({ admitted: 20, refused: 0 });
});

const readsBody: RequestListener = (incoming, _response) => void incoming.resume();
const bodies: [
  name: string,
  headers: Record<string, string>,
  body: string,
  before: RequestListener,
  connection: string,
][] = [
  ['no body', {}, '', () => {}, 'keep-alive'],
  ['a body of no bytes', { 'content-length': '0' }, '', () => {}, 'keep-alive'],
  ['a body', { 'content-length': '5' }, 'hello', () => {}, 'close'],
  ['a body in chunks', { 'transfer-encoding': 'chunked' }, 'hello', () => {}, 'close'],
  ['a body that was read before', { 'content-length': '5' }, 'hello', readsBody, 'keep-alive'],
];
test.each(bodies)('%s: the connection after the answer', async (_name, headers, body, before, connection) => {
  const { port } = await guarded((_incoming, response) => void response.end('x'), before);
  const agent = new Agent({ keepAlive: true });
  closing.push(() => agent.destroy());
  const asked = request({ port, agent, method: 'POST', headers });
  asked.end(body);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.resume();
  expect(response.headers.connection).toBe(connection);
});

test('HTTP/2 has bounds of its own: many streams of one connection are answered', async () => {
  const { listener, seen } = await guarded((_incoming, response) => void response.end('x'));
  const server = createHttp2Server(listener as unknown as Parameters<typeof createHttp2Server>[0]); // its requests are alike
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  closing.push(() => {
    session.destroy();
    server.close();
  });
  const answers = Array.from({ length: 20 }, () => {
    const stream = session.request({ ':path': '/', ':method': 'POST' });
    stream.end('body');
    return text(stream);
  });
  expect(await Promise.all(answers)).toEqual(answers.map(() => 'x'));
  expect(seen).toEqual({ admitted: 20, refused: 0 });
});

test('what has no connection of its own, such as a request that a test makes up, is answered', () => {
  const answered = new Guard().admit({ headers: {} } as IncomingMessage, {} as never);
  expect(answered).toBe(true);
});
