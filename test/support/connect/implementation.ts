import type { Message } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import type { Behaviour } from '../behaviour.ts';
import { type ReplyHandler, replyBehaviours } from '../reply-behaviours.ts';
import { type MethodName, service } from '../service.ts';
import { toBytes, toMessage } from './schema.ts';

/** Connect's error that carries a status. */
export function refuse(code: Code = Code.NotFound): never {
  throw new ConnectError('no', code);
}

type Request = Message & AsyncIterable<Message>;

/** An implementation in which one method behaves like this. The others are not implemented. */
export function implement(method: MethodName, behaviour: Behaviour | undefined, tooLate: Promise<void>): object {
  if (behaviour === undefined) return {};
  const handler = replyBehaviours(tooLate, refuse)[behaviour];
  return { [method[0]!.toLowerCase() + method.slice(1)]: asMethod(method, handler) };
}

function asMethod(name: MethodName, handler: ReplyHandler): (request: Request) => unknown {
  const { requestStream, responseStream } = service[name];
  const requests = (request: Request) => bytesOf(requestStream ? request : only(request));
  if (!responseStream) return async (request) => toMessage((await handler(requests(request))) as Buffer); // one answer
  return async function* (request) {
    const reply = await handler(requests(request));
    if (Buffer.isBuffer(reply)) yield toMessage(reply);
    else for await (const bytes of reply) yield toMessage(bytes);
  };
}

async function* only(message: Message): AsyncGenerator<Message> {
  yield message;
}

async function* bytesOf(requests: AsyncIterable<Message>): AsyncGenerator<Buffer> {
  for await (const message of requests) yield toBytes(message);
}
