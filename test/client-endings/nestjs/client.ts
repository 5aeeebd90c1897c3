import type * as grpc from '@grpc/grpc-js';
import type { ClientGrpcProxy } from '@nestjs/microservices';
import type { Observable, Subject } from 'rxjs';
import { statusNames } from '../../../src/rpc/status.ts';
import type { NestPackages } from '../../support/nestjs/packages.ts';
import { type MethodName, service } from '../../support/service.ts';
import { type CallOptions, messages, type TestCall, type TestClient } from '../../support/test-client.ts';
import { deferred } from '../../support/wait.ts';

/** The methods of a client of NestJS. A stream of requests is an observable, and such a call takes no options. */
type Methods = Readonly<Record<MethodName, (request: unknown, ...more: object[]) => Observable<Buffer>>>;

/** A client of NestJS with the interface of the contracts. */
export class NestClient implements TestClient {
  readonly #nest: NestPackages;
  readonly #proxy: ClientGrpcProxy;
  readonly #methods: Methods;

  constructor(nest: NestPackages, proxy: ClientGrpcProxy) {
    this.#nest = nest;
    this.#proxy = proxy;
    this.#methods = proxy.getService<Methods>('Endings');
  }

  ready(): Promise<void> {
    const client = this.#proxy.getClientByServiceName<grpc.Client>('Endings');
    return new Promise((resolve, reject) => {
      client.waitForReady(Date.now() + 5000, (error) => (error === undefined ? resolve() : reject(error)));
    });
  }

  start(name: MethodName, options: CallOptions = {}): TestCall {
    const responses: number[] = [];
    const status = deferred<string>();
    const firstMessage = deferred();
    const requests: Subject<Buffer> = new this.#nest.rxjs.ReplaySubject();
    let exception: Error | undefined;
    const subscription = this.#call(name, requests, options).subscribe({
      next: (message) => {
        responses.push(message.length);
        firstMessage.resolve();
      },
      error: (error: Error & { code?: number }) => {
        if (error.code === undefined) exception = error;
        status.resolve(statusNames[error.code ?? 2] ?? 'UNKNOWN');
      },
      complete: () => status.resolve('OK'),
    });
    if (exception !== undefined) throw exception; // a client of grpc-js throws it at once
    return {
      status: status.promise,
      firstMessage: firstMessage.promise,
      responses,
      send: (message = 'small') => requests.next(messages[message]),
      halfClose: () => requests.complete(),
      cancel: () => {
        subscription.unsubscribe();
        status.resolve('CANCELLED'); // who unsubscribes hears no more
      },
    };
  }

  close(): void {
    this.#proxy.close();
  }

  #call(name: MethodName, requests: Subject<Buffer>, options: CallOptions): Observable<Buffer> {
    const { deadlineSeconds, message = 'small', waitForReady } = options;
    const { Metadata } = this.#nest.grpc;
    const metadata = new Metadata(waitForReady === undefined ? {} : { waitForReady });
    if (service[name].requestStream) return this.#methods[name](requests, metadata);
    const deadline = deadlineSeconds === undefined ? {} : { deadline: Date.now() + deadlineSeconds * 1000 };
    return this.#methods[name](messages[message], metadata, deadline);
  }
}
