import { expect, test } from 'vitest';
import { definedCode, serverFaults, status, statusNames } from './status.ts';

test('every status that has a short name has the code of that name', () => {
  expect(Object.entries(status)).toHaveLength(8);
  for (const [name, code] of Object.entries(status)) expect(statusNames[code]).toBe(name);
});

test("the server's faults are those of OpenTelemetry's conventions", () => {
  expect(serverFaults.map((code) => statusNames[code])).toEqual([
    'UNKNOWN',
    'DEADLINE_EXCEEDED',
    'UNIMPLEMENTED',
    'INTERNAL',
    'UNAVAILABLE',
    'DATA_LOSS',
  ]);
});

const codes: [code: number, defined: number][] = [
  ...statusNames.map((_, code): [number, number] => [code, code]),
  [17, 2],
  [-1, 2],
  [1.5, 2],
  [NaN, 2],
  [Infinity, 2],
  [undefined as never, 2],
  ['length' as never, 2],
  ['5' as never, 2],
];
test.each(codes)('definedCode(%s) is %i', (code, defined) => {
  expect(definedCode(code)).toBe(defined);
});
