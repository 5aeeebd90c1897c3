import { expect, test } from 'vitest';
import { type Scenario, scenarios } from '../../examples/scenarios.ts';
import { isServerFault, shopMethods } from '../support/expected.ts';

/** The share of a method's calls that end with a fault of the server, in endless traffic. */
function faultShare(method: string): number {
  const all: Scenario[] = Object.values(scenarios).filter((scenario) => scenario.method === method);
  const faults = all.filter(({ status }) => isServerFault(status));
  return weight(faults) / weight(all);
}

function weight(list: readonly Scenario[]): number {
  return list.reduce((sum, scenario) => sum + scenario.weight, 0);
}

// GrpcServerFaultRatioHigh fires above 5%. Half of that is far enough for chance not to reach it at the usual rate.
test.each(shopMethods)('the demo has faults, and no alert: %s', (method) => {
  expect(faultShare(method)).toBeLessThan(0.025);
});

test('the demo has faults to show', () => {
  expect(shopMethods.filter((method) => faultShare(method) > 0.015)).toHaveLength(3);
});
