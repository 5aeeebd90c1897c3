import { Client, credentials } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { start } from './program.ts';

const pass = (bytes: Buffer) => bytes;

test('the NestJS example serves gRPC, its metrics and its own counter, and SIGTERM ends it', async () => {
  const [port, httpPort, metricsPort] = [await freePort(), await freePort(), await freePort()];
  const program = start('nestjs', '--port', port, '--http-port', httpPort, '--metrics-port', metricsPort);
  const client = new Client(`localhost:${port}`, credentials.createInsecure());
  const call = (id: string) =>
    new Promise<number>((resolve) => {
      const message = Buffer.from(id === '' ? [] : [0x0a, id.length, ...Buffer.from(id)]);
      client.makeUnaryRequest('/shop.v1.Orders/GetOrder', pass, pass, message, (error) => resolve(error?.code ?? 0));
    });
  try {
    const [, url] = await program.printed(/curl (http:\S+)/);
    expect([await call('o-1'), await call('')]).toEqual([0, 2]);
    const scrape = await (await fetch(url!)).text();
    const method = 'method="/shop.v1.Orders/GetOrder"';
    expect(scrape).toContain(`grpc_requests_total{${method},status="OK"} 1\n`);
    expect(scrape).toContain(`grpc_errors_total{${method},error_type="NotFoundException"} 1\n`);
    expect(scrape).toContain('order_lookups_total 1\n');
    expect(scrape).toContain('grpc_service_info{service="orders",version="1.0.0"} 1\n');
    program.child.kill('SIGTERM');
    await program.ended;
    expect(program.child.signalCode).toBe('SIGTERM'); // NestJS closes, then ends itself with the signal
    await expect(fetch(url!)).rejects.toThrow('fetch failed');
  } finally {
    client.close();
    program.kill();
  }
});
