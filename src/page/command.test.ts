import { expect, test } from 'vitest';
import { commandFor, methodToCall } from './command.ts';
import type { Calls } from './rows.ts';

const calls = (...methods: string[]) => methods.map((method) => ({ method }) as Calls);

const choices: [name: string, methods: string[], chosen: string, method: string | undefined][] = [
  ['the first one', ['/a.A/Get', '/a.A/List'], '', '/a.A/Get'],
  ['the chosen one', ['/a.A/Get', '/a.A/List'], '/a.A/List', '/a.A/List'],
  ["the user's before common ones", ['/grpc.health.v1.Health/Check', '/a.A/Get'], '', '/a.A/Get'],
  ['a common one where there is no other', ['/grpc.health.v1.Health/Check'], '', '/grpc.health.v1.Health/Check'],
  ['none of what is no method', ['unknown', '/'], '', undefined],
];
test.each(choices)('the method to call is %s', (_name, methods, chosen, method) => {
  expect(methodToCall(calls(...methods), chosen)).toBe(method);
});

test('the command names the method as grpcurl does, and passes a proto file', () => {
  expect(commandFor('/shop.v1.Orders/GetOrder')).toBe(
    "grpcurl -plaintext -import-path . -proto FILE.proto -d '{}' HOST:PORT shop.v1.Orders/GetOrder",
  );
});
