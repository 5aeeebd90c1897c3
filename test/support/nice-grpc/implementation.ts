import { ServerError, type ServiceImplementation, Status } from 'nice-grpc';
import type { Behaviour } from '../behaviour.ts';
import { type ReplyHandler, replyBehaviours } from '../reply-behaviours.ts';
import { type MethodName, service } from '../service.ts';

/** nice-grpc's error that carries a status. */
export function refuse(code: Status = Status.NOT_FOUND): never {
  throw new ServerError(code, 'no');
}

/** An implementation of the service. The types of its definition do not say which methods stream. */
export type Implementation = ServiceImplementation<typeof service>;
type Method = (request: Buffer & AsyncIterable<Buffer>) => unknown;

/** An implementation in which one method behaves like this. nice-grpc needs all methods: the others are UNIMPLEMENTED. */
export function implement(
  method: MethodName,
  behaviour: Behaviour | undefined,
  tooLate: Promise<void>,
): Implementation {
  const unimplemented = () => refuse(Status.UNIMPLEMENTED);
  const handlerOf = (name: MethodName): ReplyHandler =>
    name === method && behaviour !== undefined ? replyBehaviours(tooLate, refuse)[behaviour] : unimplemented;
  const names = Object.keys(service) as MethodName[];
  return Object.fromEntries(names.map((name) => [name, asMethod(name, handlerOf(name))])) as Implementation;
}

function asMethod(name: MethodName, handler: ReplyHandler): Method {
  const { requestStream, responseStream } = service[name];
  const requests = (request: Buffer & AsyncIterable<Buffer>) => (requestStream ? request : only(request));
  if (!responseStream) return async (request) => handler(requests(request));
  return async function* (request) {
    const reply = await handler(requests(request));
    if (Buffer.isBuffer(reply)) yield reply;
    else yield* reply;
  };
}

async function* only(message: Buffer): AsyncGenerator<Buffer> {
  yield message;
}
