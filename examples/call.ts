import * as grpc from '@grpc/grpc-js';
import { type Books, enter } from './books.ts';
import { methods } from './proto.ts';
import type { Scenario, StatusName } from './scenarios.ts';

export interface RunningCall {
  /** The status that the client saw, after it was entered in the books. Never rejects. */
  readonly done: Promise<StatusName>;
  readonly cancel: () => void;
}

/**
 * Makes the call and enters its end in the books.
 *
 * On the wire the four kinds of methods are one: messages in each direction, then a status. So the bidirectional call
 * makes them all.
 */
export function startCall(client: grpc.Client, scenario: Scenario, books: Books): RunningCall {
  const { method, requests, cancelAfter, serverDeadlineMs, deadlineMs } = scenario;
  const definition = methods.get(method);
  const metadata = new grpc.Metadata();
  if (serverDeadlineMs !== undefined) metadata.set('grpc-timeout', `${serverDeadlineMs}m`);
  const started = performance.now();
  const stream = client.makeBidiStreamRequest<object, object>(
    method,
    definition?.requestSerialize ?? (() => Buffer.alloc(0)),
    definition?.responseDeserialize ?? (() => ({})),
    metadata,
    deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs },
  );
  let received = 0;
  const done = new Promise<StatusName>((resolve) => {
    // Says the same as `status`, but without a listener it would be thrown.
    stream.on('error', () => {});
    stream.on('metadata', () => {
      if (cancelAfter === 'headers') stream.cancel();
    });
    stream.on('data', () => {
      received += 1;
      if (received === cancelAfter) stream.cancel();
    });
    stream.on('status', ({ code }) => {
      const status = grpc.status[code] as StatusName; // every code that grpc-js reports has a name
      const seconds = (performance.now() - started) / 1000;
      enter(books, { method, status, seconds, sent: requests.length, received });
      resolve(status);
    });
  });
  for (const request of requests) stream.write(request);
  stream.end();
  return { done, cancel: () => stream.cancel() };
}
