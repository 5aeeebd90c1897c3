import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Client } from 'nice-grpc';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readExposition } from '../../src/decode/exposition-reader.ts';
import type { OrdersDefinition } from '../support/nice-grpc/orders.ts';

interface Application {
  readonly client: Client<typeof OrdersDefinition>;
  readonly http: Server;
  readonly stop: () => void;
}

const folder = mkdtempSync(join('test', 'readme-'));
const moved = join(folder, 'moved.ts');
const page = readFileSync('docs/from-nice-grpc-prometheus.md', 'utf8');

/** The diffs of the page: the lines that each removes, and the lines that it puts in their place. */
const diffs = Array.from(page.matchAll(/^ *```diff\n(.*?)^ *```$/gms), ([, text]) => {
  const lines = text!.split('\n').map((line) => line.replace(/^ {3}/, ''));
  const of = (sign: string) => lines.filter((line) => line.startsWith(sign)).map((line) => line.slice(1));
  return { removed: of('-'), added: of('+') };
});

beforeAll(() => {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => {}); // nice-grpc warns of each exception
  let code = readFileSync('test/nice-grpc/application.ts', 'utf8');
  for (const { removed, added } of diffs) {
    expect(code).toContain(removed.join('\n'));
    code = code.replace(removed.join('\n'), added.join('\n'));
  }
  writeFileSync(
    moved,
    code
      .replace("'grpc-vitals'", "'../../src/index.ts'")
      .replace("'grpc-vitals/nice-grpc'", "'../../src/nice-grpc.ts'"),
  );
});
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

async function* ids(...all: string[]) {
  for (const id of all) yield { id };
}

/** Makes calls of each type and ending, and returns the samples of the scrape. */
async function samplesOf(path: string): Promise<ReadonlyMap<string, number>> {
  const { client, http, stop } = (await import(path)) as Application;
  try {
    await client.getOrder({ id: 'a' });
    await client.getOrder({ id: 'b' });
    await client.getOrder({ id: 'none' }).catch(() => {});
    await client.getOrder({ id: 'bug' }).catch(() => {});
    await client.putOrders(ids('a', 'b'));
    for await (const _ of client.listOrders({ id: 'a' }));
    for await (const _ of client.chat(ids('a', 'b', 'c')));
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const scrape = await fetch(`http://127.0.0.1:${(http.address() as AddressInfo).port}`); // it listens on a port
    const { families } = await readExposition(new Uint8Array(await scrape.arrayBuffer()));
    const samples = Array.from(families.values()).flatMap((family) => family.samples);
    return new Map(samples.map(({ key, value }) => [key, value]));
  } finally {
    stop();
  }
}

const isOfCalls = (key: string) => /^grpc_(server|client)_|^authorized/.test(key);
/** The buckets that these fast calls fall into, and the sums, depend on the time. */
const isTimed = (key: string) => /_sum\{|_bucket\{.*le="(?!\+Inf|4194)/.test(key);

test('an application that is moved by the steps of the page exposes the same', async () => {
  expect(diffs).toHaveLength(4);
  const theirs = await samplesOf('./application.ts');
  const ours = await samplesOf(join('../..', moved));
  const told = (samples: ReadonlyMap<string, number>) =>
    Object.fromEntries(
      [...samples].filter(([key]) => isOfCalls(key)).map(([key, value]) => [key, isTimed(key) ? 'timed' : value]),
    );
  const [before, after] = [told(theirs), told(ours)];
  expect(Object.keys(before).length).toBeGreaterThan(150);
  expect(after).toMatchObject(before);
  // More is there than before: zeros, and messages of what does not stream.
  const added = Object.entries(after).filter(([key, value]) => !(key in before) && value !== 0);
  expect(added.map(([key]) => key).filter((key) => !/_msg_(received|sent)_total/.test(key))).toEqual([]);
});
