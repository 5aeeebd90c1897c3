import type { Observable } from 'rxjs';
import type { Behaviour } from '../behaviour.ts';
import { simpleReplies } from '../reply-behaviours.ts';
import { megabyte, messages } from '../test-client.ts';
import { sleep } from '../wait.ts';
import type { NestPackages } from './packages.ts';

const { small, large } = messages;

/** A method of a controller. A stream of requests is an observable. */
export type NestHandler = (requests: Observable<Buffer>, metadata: object, call: object) => unknown;

/** Each behaviour as a method of a controller of NestJS. */
export function behaviours(
  { microservices: { RpcException }, rxjs }: NestPackages,
  tooLate: Promise<void>,
): Readonly<Record<Behaviour, NestHandler>> {
  const { concat, EMPTY, from, ignoreElements, interval, map, NEVER, of, startWith, takeUntil, throwError, toArray } =
    rxjs;
  const refuse = (code = 5): never => {
    throw new RpcException({ code, message: 'no' });
  };
  const bug = () => new TypeError('a bug');
  return {
    ...simpleReplies(tooLate, refuse),
    hold: () => NEVER,
    collect: (requests) =>
      requests.pipe(
        toArray(),
        map(() => small),
      ),
    echo: (requests) => requests,
    echoThenHold: (requests) => concat(requests, NEVER),
    streamNone: () => EMPTY,
    streamTwo: () => of(small, small),
    streamOneThenHold: () => concat(of(small), NEVER),
    streamOneThenEndTooLate: () => concat(of(small), from(tooLate).pipe(ignoreElements())),
    streamOneThenRefuse: () => concat(of(small), from(sleep(5).then(() => refuse()))),
    streamOneThenThrow: () => concat(of(small), throwError(bug)),
    streamOneThenLarge: () => of(small, large),
    streamMegabyte: () => of(megabyte),
    streamMegabyteThenHold: () => concat(of(megabyte), NEVER),
    streamUntilTooLate: () =>
      interval(2).pipe(
        map(() => small),
        startWith(small),
        takeUntil(from(tooLate.then(() => sleep(20)))),
      ),
  };
}
