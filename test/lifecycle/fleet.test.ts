import { afterEach, expect, test } from 'vitest';
import { newFolder, removeFolders } from '../processes/folders.ts';
import { freePort } from '../support/servers/prometheus.ts';
import { until } from '../support/wait.ts';
import { Member, type MemberOptions, TestScraper } from './fleet.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
  removeFolders();
});

/** Processes of one service, one after the other: the first has the port. */
async function startService(count: number, options: MemberOptions = {}) {
  const [folder, port] = [newFolder(), await freePort()];
  const members: Member[] = [];
  const add = async (more: MemberOptions = options) => {
    const member = new Member(folder, port, more);
    closing.push(() => member.close());
    members.push(await member.ready());
    return member;
  };
  while (members.length < count) await add();
  const readiness = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/-/ready`, { headers: { connection: 'close' } }).catch(
      () => undefined,
    );
    return response && `${response.status} ${(await response.text()).trim().replace(/\d+\.\d/, 'N')}`;
  };
  return { members, add, port, readiness };
}

/** A scraper that has come often enough to be known. */
async function startScraper(port: number): Promise<TestScraper> {
  const scraper = new TestScraper(port);
  closing.push(() => scraper.stop());
  await until(
    () => scraper.scrapes >= 4,
    () => 'nobody answers scrapes',
  );
  return scraper;
}

const lastScrapeMissed = expect.stringContaining('ends without a last scrape') as string;

function terminate(members: readonly Member[]): void {
  for (const member of members) member.kill('SIGTERM');
}

const endings: [name: string, kill: (members: readonly Member[]) => void, killed: number][] = [
  ['all at once', (members) => terminate(members), 0],
  ['all at once, backwards', (members) => terminate(members.toReversed()), 0],
  [
    'all at once, and the one that has the port is killed meanwhile',
    (members) => {
      terminate(members);
      setTimeout(() => members[0]!.kill('SIGKILL'), 200);
    },
    1,
  ],
];
test.each(endings)(
  'SIGTERM: %s: the last scrape has the final counts of all',
  { timeout: 60_000 },
  async (_name, kill, killed) => {
    const { members, port } = await startService(4, { timeoutSeconds: 30, drainSeconds: 10 });
    const scraper = await startScraper(port);
    let ok = 0;
    for (const member of members) if (await member.call()) ok += 1;
    // Under way at the signal, and until after a scrape.
    const calls: { readonly isOk: Promise<boolean> }[] = [];
    for (const [index, member] of members.slice(killed).entries()) {
      calls.push(await member.begin(2000), await member.begin(2300 + 300 * index));
    }
    await until(
      () => scraper.calls === ok,
      () => 'the calls are not in a scrape',
    );
    kill(members);
    for (const { isOk } of calls) if (await isOk) ok += 1;
    expect(ok).toBe(4 + calls.length);
    const codes = await Promise.all(members.map((member) => member.exit()));
    expect(codes.slice(killed)).toEqual(members.slice(killed).map(() => 0));
    expect(scraper.calls).toBe(ok);
    expect(members.flatMap(({ warnings }) => warnings)).toEqual([]);
  },
);

test.each([
  ['that has the port', 0],
  ['that has not', 2],
])('SIGTERM: the process %s goes without a scrape, because others have its counts', async (_name, index) => {
  const { members, port } = await startService(3, { timeoutSeconds: 60 });
  for (const member of members) expect(await member.call()).toBe(true);
  const last = await members[index]!.begin(300);
  members[index]!.kill('SIGTERM');
  expect(await last.isOk).toBe(true);
  // Nobody scrapes. The limit of a test is below 60 s.
  expect(await members[index]!.exit()).toBe(0);
  expect(members[index]!.warnings).toEqual([]);
  const scraper = await startScraper(port);
  await expect.poll(() => scraper.calls).toBe(4);
});

test('SIGTERM: one after the other, only the last one waits for a scrape', { timeout: 60_000 }, async () => {
  const { members } = await startService(2, { timeoutSeconds: 2 });
  for (const member of members) {
    member.kill('SIGTERM');
    expect(await member.exit()).toBe(0);
  }
  expect(members.map(({ warnings }) => warnings)).toEqual([[], [lastScrapeMissed]]);
});

test('a service is ready as long as one of its processes is', { timeout: 60_000 }, async () => {
  const { members, add, readiness } = await startService(2, { isUnbound: true, timeoutSeconds: 60, drainSeconds: 30 });
  const [first, second] = members as [Member, Member];
  expect(await readiness()).toBe('503 not ready: a gRPC server is starting');
  await second.bind();
  await expect.poll(readiness).toBe('200 ready');
  // The one that has the port is blocked, or has no server that serves.
  first.block(3000);
  await expect.poll(readiness).toBe('200 ready');
  await first.bind();
  await expect.poll(readiness).toBe('200 ready');
  const call = await first.begin(2000);
  first.kill('SIGTERM');
  await expect.poll(readiness).toBe('200 ready');
  expect(await call.isOk).toBe(true);
  await first.exit();
  await expect.poll(readiness).toBe('200 ready');
  // A rolling restart: the new one serves before the old one goes.
  const third = await add({ timeoutSeconds: 60, drainSeconds: 30 });
  const long = [await second.begin(4000), await third.begin(4000)];
  await expect.poll(readiness).toBe('200 ready');
  second.kill('SIGTERM');
  await expect.poll(readiness).toBe('200 ready');
  third.kill('SIGTERM');
  await expect.poll(readiness).toBe('503 not ready: a gRPC server is draining');
  for (const { isOk } of long) expect(await isOk).toBe(true);
});

test('a service is not ready while every process with a server is blocked', { timeout: 60_000 }, async () => {
  const { members, readiness } = await startService(2);
  await expect.poll(readiness).toBe('200 ready');
  for (const member of members) member.block(15_000);
  await expect.poll(readiness, { timeout: 30_000 }).toBe('503 not ready: the main thread has been blocked for N s');
  await expect.poll(readiness, { timeout: 30_000 }).toBe('200 ready');
});
