import * as grpc from '@grpc/grpc-js';
import type { CanActivate, ExceptionFilter, NestInterceptor, PipeTransform, Type } from '@nestjs/common';
import { describe, expect, test } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import { GrpcVitalsModule } from '../../src/nestjs.ts';
import { GrpcJsClient } from '../support/grpc-js/client.ts';
import { controllerOf, Microservice, rootModule, startMicroservice } from '../support/nestjs/application.ts';
import type { NestPackages } from '../support/nestjs/packages.ts';
import { RecordedCalls } from '../support/recorded-calls.ts';
import { ignoreRejections } from '../support/rejections.ts';
import { messages } from '../support/test-client.ts';
import { until } from '../support/wait.ts';

/** A unary call that one part of an application ends. */
interface Row {
  readonly name: string;
  readonly handler?: () => unknown;
  readonly guard?: CanActivate['canActivate'];
  readonly pipe?: PipeTransform['transform'];
  readonly interceptor?: NestInterceptor['intercept'];
  readonly filter?: ExceptionFilter['catch'];
  readonly status: string;
  /** The status by default. */
  readonly errorType?: string;
}

function raise(error: unknown): never {
  throw error;
}

function rowsOf({ common, microservices: { RpcException }, rxjs }: NestPackages): readonly Row[] {
  class OrderLost extends RpcException {}
  const range = () => raise(new RangeError('a bug'));
  const [notFound, internal] = [5, 13].map((code) => ({ code, message: 'no' }));
  return [
    { name: 'a handler throws an Error', handler: range, status: 'UNKNOWN', errorType: 'RangeError' },
    {
      name: 'a handler throws an exception of HTTP',
      handler: () => raise(new common.NotFoundException()),
      status: 'UNKNOWN',
      errorType: 'NotFoundException',
    },
    {
      name: 'the observable of a handler fails',
      handler: () => rxjs.throwError(() => new TypeError('a bug')),
      status: 'UNKNOWN',
      errorType: 'TypeError',
    },
    {
      name: 'a handler throws an RpcException: its status says all',
      handler: () => raise(new RpcException(notFound!)),
      status: 'NOT_FOUND',
    },
    {
      name: 'a handler throws an RpcException with the status INTERNAL',
      handler: () => raise(new RpcException(internal!)),
      status: 'INTERNAL',
    },
    {
      name: 'a handler throws an RpcException without a status',
      handler: () => raise(new RpcException('no')),
      status: 'UNKNOWN',
    },
    {
      name: 'a handler throws a class that extends RpcException',
      handler: () => raise(new OrderLost(internal!)),
      status: 'INTERNAL',
      errorType: 'OrderLost',
    },
    { name: 'a handler throws a text', handler: () => raise('a bug'), status: 'UNKNOWN' },
    {
      name: 'a pipe throws',
      pipe: () => raise(new common.BadRequestException()),
      status: 'UNKNOWN',
      errorType: 'BadRequestException',
    },
    { name: 'an interceptor throws', interceptor: range, status: 'UNKNOWN', errorType: 'RangeError' },
    {
      name: 'an interceptor replaces the exception of a handler',
      handler: range,
      interceptor: (_context, next) =>
        next.handle().pipe(rxjs.catchError(() => rxjs.throwError(() => new RpcException(notFound!)))),
      status: 'NOT_FOUND',
    },
    {
      name: 'a filter turns the exception of a handler into another status',
      handler: range,
      filter: () => rxjs.throwError(() => notFound),
      status: 'NOT_FOUND',
    },
    {
      name: 'a filter turns the exception of a handler into INTERNAL: the class stays',
      handler: range,
      filter: () => rxjs.throwError(() => internal),
      status: 'INTERNAL',
      errorType: 'RangeError',
    },
    { name: 'a guard says no', guard: () => false, status: 'UNKNOWN' },
    {
      name: 'a guard throws',
      guard: () => raise(new common.UnauthorizedException()),
      status: 'UNKNOWN',
      errorType: 'UnauthorizedException',
    },
    {
      name: 'a guard throws an RpcException',
      guard: () => raise(new RpcException({ code: 16, message: 'who' })),
      status: 'UNAUTHENTICATED',
    },
  ];
}

/** A handler of `@GrpcStreamCall` gets the call itself: NestJS leaves the call open when it throws, and rejects. */
async function callStreamCall(nest: NestPackages, metrics: GrpcMetrics): Promise<string> {
  class Endings {}
  nest.common.Controller()(Endings);
  const descriptor = { value: () => raise(new RangeError('a bug')), configurable: true };
  nest.microservices.GrpcStreamCall('Endings', 'ClientStream')(Endings.prototype, 'ClientStream', descriptor);
  Object.defineProperty(Endings.prototype, 'ClientStream', descriptor);
  const microservice = new Microservice(metrics);
  const app = await startMicroservice(nest, rootModule(nest, { controllers: [Endings] }), microservice);
  const client = new GrpcJsClient(grpc, 'new Client', `127.0.0.1:${microservice.port}`);
  try {
    await client.ready();
    return await client.start('ClientStream', { deadlineSeconds: 0.3 }).status;
  } finally {
    client.close();
    await app.close();
  }
}

/** Which class of exception the library records for each part of an application that can throw. */
export function describeExceptions(nest: NestPackages): void {
  describe(`exceptions of NestJS ${nest.version}`, () => {
    ignoreRejections();

    // NestJS 10.3.4 leaves the call open too, and ignores its own promise.
    const rejections = nest.version === '10.3.4' ? 0 : 1;
    test(`a handler of @GrpcStreamCall throws: ${rejections} rejections, in flight until the deadline`, async () => {
      const metrics = new GrpcMetrics();
      const recorded = new RecordedCalls(metrics, 'grpc');
      expect(await callStreamCall(nest, metrics)).toBe('DEADLINE_EXCEEDED');
      await until(
        () => recorded.durations().count === 1,
        () => 'the call has not ended',
      );
      expect(recorded.errors()).toEqual({ 'ClientStream RangeError': 1 });
      expect(recorded.sum('handler_rejections_total')).toBe(rejections);
    });

    test.each(rowsOf(nest))('$name', async (row) => {
      const { status, errorType = status } = row;
      const metrics = new GrpcMetrics();
      const recorded = new RecordedCalls(metrics, 'grpc');
      const microservice = new Microservice(metrics);
      const root = rootModule(nest, {
        imports: [GrpcVitalsModule.forRoot({ metrics, expose: false })],
        controllers: [controller(nest, row)],
      });
      const app = await startMicroservice(nest, root, microservice);
      const client = new GrpcJsClient(grpc, 'new Client', `127.0.0.1:${microservice.port}`);
      try {
        expect(await client.start('Unary').status).toBe(status);
        await until(
          () => recorded.durations().count === 1,
          () => 'the call has not ended',
        );
        expect(recorded.calls()).toEqual({ [`Unary ${status}`]: 1 });
        expect(recorded.errors()).toEqual({ [`Unary ${errorType}`]: 1 });
        expect(recorded.faults()).toBe(0);
      } finally {
        client.close();
        await app.close();
      }
    });
  });
}

function controller(nest: NestPackages, { handler, guard, pipe, interceptor, filter }: Row): Type<object> {
  const { Catch, UseFilters, UseGuards, UseInterceptors, UsePipes } = nest.common;
  class CatchAll implements ExceptionFilter {
    catch(...given: Parameters<ExceptionFilter['catch']>): unknown {
      return filter!(...given);
    }
  }
  Catch()(CatchAll);
  return controllerOf(nest, 'Unary', handler ?? (() => messages.small), [
    ...(guard === undefined ? [] : [UseGuards({ canActivate: guard })]),
    ...(pipe === undefined ? [] : [UsePipes({ transform: pipe })]),
    ...(interceptor === undefined ? [] : [UseInterceptors({ intercept: interceptor })]),
    ...(filter === undefined ? [] : [UseFilters(new CatchAll())]),
  ]);
}
