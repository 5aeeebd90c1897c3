import { expect, test } from 'vitest';
import { start } from './program.ts';

/** Examples of frameworks, and some of the metrics that each prints. */
const examples: readonly (readonly [program: string, lines: readonly string[]])[] = [
  [
    'connect',
    [
      'grpc_requests_total{method="/greeter.v1.Greeter/Greet",status="OK"} 2',
      'grpc_errors_total{method="/greeter.v1.Greeter/Greet",error_type="TypeError"} 2',
      'grpc_messages_sent_total{method="/greeter.v1.Greeter/GreetAll"} 4',
      'grpc_client_requests_total{method="/greeter.v1.Greeter/Greet",status="INVALID_ARGUMENT"} 2',
    ],
  ],
  [
    'nice-grpc',
    [
      'grpc_requests_total{method="/shop.v1.Orders/GetOrder",status="OK"} 2',
      'grpc_errors_total{method="/shop.v1.Orders/GetOrder",error_type="TypeError"} 1',
      'grpc_messages_sent_total{method="/shop.v1.Orders/WatchOrder"} 2',
      'grpc_client_requests_total{method="/shop.v1.Orders/GetOrder",status="NOT_FOUND"} 1',
    ],
  ],
];

test.concurrent.each(examples)('the example %s runs and prints its metrics', async (program, lines) => {
  const { ended, output } = start(program);
  expect(await ended, output()).toBe(0);
  expect(output().split('\n')).toEqual(expect.arrayContaining([...lines]));
});
