import { expect, test } from 'vitest';
import { Attempts } from './attempts.ts';
import type { Comparison } from './password-thread-program.ts';
import { type Claim, Passwords } from './passwords.ts';

const hash = (cost: string) => `$2b$${cost}$${'h'.repeat(53)}`;

/** Passwords whose comparisons end when the test says so. A password is right if it is "right". */
function open(users: Record<string, string> = { alice: hash('10') }) {
  const underWay: { readonly comparison: Comparison; readonly end: (seconds?: number) => Promise<void> }[] = [];
  const pauses: { readonly seconds: number; readonly end: () => void }[] = [];
  let now = 0;
  const passwords = new Passwords(new Map(Object.entries(users)), {
    compare: (comparison) =>
      new Promise((resolve) => {
        const end = async (seconds = 0.1) => {
          now += seconds;
          resolve(comparison.password === 'right');
          await settled();
        };
        underWay.push({ comparison, end });
      }),
    attempts: new Attempts({ burst: 1000, now: () => now }),
    now: () => now,
    pause: (seconds) => new Promise((resolve) => pauses.push({ seconds, end: () => resolve(undefined) })),
  });
  return { passwords, underWay, pauses };
}

/** Lets everything that waits for nothing run. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

const claim = (more: Partial<Claim> = {}): Claim => ({
  user: 'alice',
  password: 'wrong',
  address: '10.0.0.1',
  isOver: () => false,
  ...more,
});

test('a right password is compared once, and is right at once from then on', async () => {
  const { passwords, underWay } = open();
  const first = passwords.check(claim({ password: 'right' }));
  await settled();
  await underWay[0]!.end();
  expect(await first).toBe('right');
  expect(passwords.check(claim({ password: 'right' }))).toBe('right');
  expect(underWay).toHaveLength(1);
});

test('a wrong password is compared each time, and never takes the place of the right one', async () => {
  const { passwords, underWay, pauses } = open();
  const right = passwords.check(claim({ password: 'right' }));
  await settled();
  await underWay[0]!.end();
  await right;
  for (const index of [1, 2, 3]) {
    const verdict = passwords.check(claim());
    await settled();
    await underWay[index]!.end();
    expect(await verdict).toBe('wrong');
    pauses.at(-1)!.end();
    await settled();
  }
  expect(passwords.check(claim({ password: 'right' }))).toBe('right');
});

test('after a wrong password there is a pause of the same length, and after a right one none', async () => {
  const { passwords, underWay, pauses } = open();
  void passwords.check(claim({ password: 'one' }));
  void passwords.check(claim({ password: 'right' }));
  await settled();
  expect(underWay).toHaveLength(1);
  await underWay[0]!.end(0.25);
  expect(pauses.map(({ seconds }) => seconds)).toEqual([0.25]);
  expect(underWay).toHaveLength(1);
  pauses[0]!.end();
  await settled();
  expect(underWay).toHaveLength(2);
  await underWay[1]!.end();
  expect(pauses).toHaveLength(1);
});

test('an address has two comparisons, and all together have nine', async () => {
  const { passwords } = open();
  const ask = (address: string, password: string) =>
    Promise.race([passwords.check(claim({ address, password })), settled()]);
  const verdicts: unknown[] = [];
  for (const address of ['a', 'b', 'c', 'd', 'e', 'f']) {
    for (const password of ['1', '2', '3']) verdicts.push(await ask(address, address + password));
  }
  const busy = { reason: 'busy', retryAfter: 1 };
  const open2 = [undefined, undefined, busy];
  expect(verdicts).toEqual([...open2, ...open2, ...open2, ...open2, undefined, busy, busy, busy, busy, busy]);
});

test('two who ask the same at once share one comparison', async () => {
  const { passwords, underWay } = open();
  const both = [
    passwords.check(claim({ password: 'right' })),
    passwords.check(claim({ password: 'right', address: 'b' })),
  ];
  await settled();
  await underWay[0]!.end();
  expect([await both[0], await both[1]]).toEqual(['right', 'right']);
  expect(underWay).toHaveLength(1);
});

test('what nobody waits for any more is not compared', async () => {
  const { passwords, underWay } = open();
  void passwords.check(claim({ password: 'one' }));
  const left = passwords.check(claim({ password: 'two', isOver: () => true }));
  await settled();
  await underWay[0]!.end(0);
  expect(await left).toBe('wrong');
  expect(underWay).toHaveLength(1);
});

test('a comparison that fails rejects, and the next one is made', async () => {
  let fails = true;
  const passwords = new Passwords(new Map([['alice', hash('10')]]), {
    compare: async () => {
      if (fails) throw new Error('no thread');
      return true;
    },
  });
  await expect(passwords.check(claim())).rejects.toThrow('no thread');
  fails = false;
  expect(await passwords.check(claim())).toBe('right');
});

test('a user who does not exist is compared with a hash of the cost of one of the users, always of the same', async () => {
  const { passwords, underWay, pauses } = open({ alice: hash('08'), bob: hash('12') });
  const costs = new Map<string, Set<string>>();
  for (let index = 0; index < 40; index += 1) {
    const user = `mallory-${index % 20}`;
    const verdict = passwords.check(claim({ user, password: 'right', address: String(index) }));
    await settled();
    const { comparison, end } = underWay.at(-1)!;
    expect(comparison.hash).toMatch(/^\$2b\$(08|12)\$[./A-Za-z0-9]{53}$/);
    costs.set(user, (costs.get(user) ?? new Set()).add(comparison.hash));
    await end(0);
    expect(await verdict).toBe('wrong');
    pauses.at(-1)?.end();
    await settled();
  }
  expect(Array.from(costs.values(), ({ size }) => size)).toEqual(Array(20).fill(1));
  expect(
    new Set(Array.from(costs.values()).flatMap((hashes) => Array.from(hashes, (one) => one.slice(4, 6)))).size,
  ).toBe(2);
});

test('with another hash a password that was right is compared again, and without the user it is wrong', async () => {
  const { passwords, underWay } = open();
  const first = passwords.check(claim({ password: 'right' }));
  await settled();
  await underWay[0]!.end();
  await first;
  passwords.replace(new Map([['alice', hash('11')]]));
  expect(passwords.check(claim({ password: 'right' }))).toBeInstanceOf(Promise);
  await settled();
  expect(underWay.at(-1)!.comparison.hash).toBe(hash('11'));
  await underWay.at(-1)!.end();
  passwords.replace(new Map());
  expect(passwords.isEmpty).toBe(true);
  expect(passwords.check(claim({ password: 'right' }))).toBeInstanceOf(Promise);
});
