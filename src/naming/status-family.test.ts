import { expect, test } from 'vitest';
import { statusFamilies } from './status-family.ts';

const families: [family: string, statuses: string[]][] = [
  ['ok', ['OK']],
  ['cancelled', ['CANCELLED']],
  ['fault', ['DATA_LOSS', 'DEADLINE_EXCEEDED', 'INTERNAL', 'UNAVAILABLE', 'UNIMPLEMENTED', 'UNKNOWN']],
  [
    'caller',
    [
      'ABORTED',
      'ALREADY_EXISTS',
      'FAILED_PRECONDITION',
      'INVALID_ARGUMENT',
      'NOT_FOUND',
      'OUT_OF_RANGE',
      'PERMISSION_DENIED',
      'RESOURCE_EXHAUSTED',
      'UNAUTHENTICATED',
    ],
  ],
];
test.each(families)('the statuses of the family %s', (family, statuses) => {
  const found = Object.keys(statusFamilies).filter((name) => statusFamilies[name] === family);
  expect(found.toSorted()).toEqual(statuses);
});
