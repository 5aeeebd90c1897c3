import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { register } from 'prom-client';
import { afterAll, expect, test } from 'vitest';
import type { KeptFamily } from '../src/decode/exposition.ts';
import { readExposition } from '../src/decode/exposition-reader.ts';

const folder = mkdtempSync(join('test', 'readme-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs code as a module, and returns its exports. */
async function run(name: string, code: string): Promise<Record<string, unknown>> {
  const path = join(folder, `${name}.ts`);
  writeFileSync(path, code);
  return import(join('..', path));
}

/** Code blocks of a page, each with the text block that follows it at once, if there is one. */
function readBlocks(page: string): { code: string; text: string | undefined }[] {
  const blocks = readFileSync(page, 'utf8').matchAll(/^```ts\n(.*?)^```\n(?:\n```text\n(.*?)^```)?/gms);
  return Array.from(blocks, ([, code, text]) => ({ code: code!, text }));
}

const pages: [page: string, blocks: number, texts: number][] = [
  ['own-metrics', 8, 6],
  ['prom-client-registries', 2, 2],
];
const examples = pages.flatMap(([page]) =>
  readBlocks(`docs/${page}.md`).map((block, index) => ({ ...block, name: `${page}-${index}` })),
);
test.each(pages)('the page %s has examples', (page, blocks, texts) => {
  const found = examples.filter(({ name }) => name.startsWith(page));
  expect(found.length).toBeGreaterThanOrEqual(blocks);
  expect(found.filter(({ text }) => text !== undefined).length).toBeGreaterThanOrEqual(texts);
});

test.each(examples)('example $name exposes what its page says', async ({ name, code, text }) => {
  const rendered = 'export const scraped = String((await metrics.render()).body);\n';
  const { scraped } = await run(name, code + rendered);
  const lines = String(scraped).split('\n');
  for (const line of text?.trimEnd().split('\n') ?? []) expect(lines).toContain(line);
  expect(scraped).not.toMatch(/^grpc_vitals_errors_total\{.*\} [1-9]/m);
});

/** The families of the programs on the page about moving from prom-client. */
const names = ['orders_total', 'lookup_seconds', 'queue_jobs', 'last_order_timestamp_seconds'];
/** Samples whose values depend on the time. */
const isTimed = /^lookup_seconds_sum|^lookup_seconds_bucket\{le="(?!\+Inf)|^last_order/;

/** Starts a program of the page on a free port, makes the same requests to each, and scrapes it. */
async function scrapeProgram(name: string, code: string): Promise<KeptFamily[]> {
  const { server } = (await run(name, code.replace('listen(9464)', "listen(0, '127.0.0.1')"))) as { server: Server };
  try {
    if (!server.listening) await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
    for (const path of ['/free', '/pro', '/pro']) await (await fetch(url + path)).text();
    const { families } = await readExposition(new Uint8Array(await (await fetch(`${url}/metrics`)).arrayBuffer()));
    return names.map((family) => families.get(family)!);
  } finally {
    server.close();
  }
}

test('the programs of the page about moving from prom-client expose the same', async () => {
  const [before, after, ...others] = readBlocks('docs/from-prom-client.md');
  expect(others).toEqual([]);
  const [theirs, ours] = [await scrapeProgram('before', before!.code), await scrapeProgram('after', after!.code)];
  register.clear();
  const shown = (families: KeptFamily[]) =>
    families.map(({ name, type, help, samples }) => {
      const values = samples.map(({ key, value }) => [key, isTimed.test(key) ? 'timed' : value]);
      return { name, type, help, samples: Object.fromEntries(values) };
    });
  expect(shown(ours)).toEqual(shown(theirs));
  expect(shown(ours)).toMatchObject([
    { samples: { 'orders_total{plan="free",region="eu"}': 1, 'orders_total{plan="pro",region="eu"}': 2 } },
    { samples: { 'lookup_seconds_count{region="eu",result="hit",table="plans"}': 2 } },
    { samples: { 'queue_jobs{region="eu"}': 3 } },
    { samples: { 'last_order_timestamp_seconds{region="eu"}': 'timed' } },
  ]);
  const [at, theirAt] = [ours[3]!.samples[0]!.value, theirs[3]!.samples[0]!.value];
  expect(Math.abs(at - theirAt)).toBeLessThan(60);
  for (const { samples } of [ours[1]!, theirs[1]!]) expect(samples).toHaveLength(2 * 15);
});
