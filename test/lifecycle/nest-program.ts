import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GrpcMetrics } from '../../src/index.ts';

/*
 * A NestJS application with shutdown hooks. `EXIT=nest` lets NestJS end the process, and waits in a hook of NestJS.
 * Prints the port of its metrics, and `closed` when NestJS has closed.
 */
const isEndedByNest = process.env.EXIT === 'nest';
const metrics = new GrpcMetrics();
const endpoint = await metrics.expose({ port: 0, host: '127.0.0.1', page: false });

@Module({})
class AppModule {
  async onApplicationShutdown(): Promise<void> {
    console.log('closed');
    if (isEndedByNest) await endpoint.lastScrape({ timeoutSeconds: 30 });
  }
}

if (!isEndedByNest) metrics.shutdownOn('SIGTERM', { timeoutSeconds: 30 });
const app = await NestFactory.create(AppModule, { logger: false });
app.enableShutdownHooks(['SIGTERM'], { useProcessExit: isEndedByNest });
await app.listen(0, '127.0.0.1');
console.log(endpoint.port);
