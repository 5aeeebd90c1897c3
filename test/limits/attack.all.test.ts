import { test } from 'vitest';
import { expectLimitsUnderAttack } from './attack.ts';

test('a million calls with made-up methods, labels and targets stay within the limits', {
  timeout: 600_000,
}, async () => {
  await expectLimitsUnderAttack(1_000_000);
});
