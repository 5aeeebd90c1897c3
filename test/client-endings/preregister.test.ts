import { describe, expect, test } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';

describe('preregister', () => {
  const definition = {
    Do: { path: '/a.B/Do', requestStream: false, responseStream: false },
    Watch: { path: '/a.B/Watch', requestStream: false, responseStream: true },
  };

  test('gives these methods their series, and the server none', async () => {
    const metrics = new GrpcMetrics().preregister(definition);
    const { body } = await metrics.render();
    for (const path of ['/a.B/Do', '/a.B/Watch']) {
      expect(body).toContain(`grpc_client_requests_total{method="${path}",status="UNAVAILABLE"} 0\n`);
      expect(body).toContain(`grpc_client_request_duration_seconds_count{method="${path}"} 0\n`);
      expect(body).toContain(`grpc_client_retries_total{method="${path}"} 0\n`);
    }
    expect(body).not.toContain('grpc_requests_total{');
  });

  test('is heeded by exclude', async () => {
    const { body } = await new GrpcMetrics({ exclude: ['a.B/Do'] }).preregister(definition).render();
    expect(body).not.toContain('/a.B/Do');
    expect(body).toContain('/a.B/Watch');
  });

  test.each([[{}], [null], [undefined], ['a.B'], [{ Do: null }], [{ Do: { path: 7 } }]])(
    'what is no definition is refused: %j',
    (mistake) => {
      const preregister = () => new GrpcMetrics().preregister(mistake as never);
      expect(preregister).toThrow(expect.objectContaining({ code: 'invalid_option' }));
    },
  );

  test('without clients nothing of clients is printed', async () => {
    expect((await new GrpcMetrics().render()).body).not.toContain('grpc_client');
  });
});
