import { expect, test } from 'vitest';
import { Attempts } from './attempts.ts';

function open(options = {}) {
  let now = 0;
  const attempts = new Attempts({ burst: 2, secondsPerAttempt: 6, now: () => now, ...options });
  return { attempts, pass: (seconds: number) => (now += seconds) };
}

test('an address has a burst, and then one attempt at a time', () => {
  const { attempts, pass } = open();
  expect([attempts.take('a'), attempts.take('a'), attempts.take('a')]).toEqual([0, 0, 6]);
  pass(4);
  expect(attempts.take('a')).toBeCloseTo(2);
  pass(2);
  expect([attempts.take('a'), attempts.take('a')]).toEqual([0, 6]);
  pass(1000);
  expect([attempts.take('a'), attempts.take('a'), attempts.take('a')]).toEqual([0, 0, 6]);
});

test('an attempt that was right is given back', () => {
  const { attempts } = open();
  for (let index = 0; index < 10; index += 1) {
    expect(attempts.take('a')).toBe(0);
    attempts.giveBack('a');
  }
});

const addresses: [name: string, one: string | undefined, other: string | undefined, isSame: boolean][] = [
  ['two IPv4 addresses', '10.0.0.1', '10.0.0.2', false],
  ['an IPv4 address and its form in IPv6', '10.0.0.1', '::ffff:10.0.0.1', true],
  ['two of one IPv6 network', '2001:db8:1:2::1', '2001:db8:1:2:3:4:5:6', true],
  ['two of different networks', '2001:db8:1:2::1', '2001:db8:1:3::1', false],
  ['a short one of the same network', '2001:db8::1', '2001:db8:0:0:9::', true],
  ['two without an address, as on a Unix socket', undefined, undefined, true],
];
test.each(addresses)('%s', (_name, one, other, isSame) => {
  const { attempts } = open();
  attempts.take(one);
  attempts.take(one);
  expect(attempts.take(other) > 0).toBe(isSame);
});

test('of many addresses the one that tried least recently is forgotten', () => {
  const { attempts } = open({ mostAddresses: 2, burst: 1 });
  expect([attempts.take('a'), attempts.take('b'), attempts.take('a')]).toEqual([0, 0, 6]);
  expect(attempts.take('c')).toBe(0);
  expect([attempts.take('a'), attempts.take('b')]).toEqual([6, 0]);
});
