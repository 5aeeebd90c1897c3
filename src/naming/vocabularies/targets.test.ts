import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { collected } from '../../../test/support/collected.ts';
import { Exemplars } from '../../core/exemplars.ts';
import type { CallStart } from '../../rpc/call-start.ts';
import { ClientStore, type ClientStoreOptions } from '../../rpc/client-store.ts';
import { Faults } from '../../rpc/faults.ts';
import { CallLabels } from '../../rpc/limits/call-labels.ts';
import { ServerStore } from '../../rpc/server-store.ts';
import { CallCollector } from '../call-collector.ts';
import { chooseVocabularies } from '../choice.ts';

const paths = ['/a.B/C', '/a.B/D', 'other'];
const targets = ['dns:a:1', 'dns:b:1', 'other'];

const anyCall = fc.record({
  path: fc.constantFrom(...paths),
  target: fc.constantFrom(...targets),
  tenant: fc.constantFrom('', 'a', 'b'),
  /** Undefined while the call is in flight. */
  code: fc.option(fc.nat({ max: 16 }), { nil: undefined }),
  milliseconds: fc.nat({ max: 40 }).map((eighths) => eighths * 125), // sums of eighths of a second are exact in any order
  errorType: fc.constantFrom(undefined, 'A', 'B'),
  messages: fc.array(fc.nat({ max: 100 }), { maxLength: 3 }),
  retries: fc.nat({ max: 3 }),
  deadline: fc.constantFrom(Infinity, 0),
});
type AnyCall = typeof anyCall extends fc.Arbitrary<infer One> ? One : never;

/** All that there is of these calls in `basic` and `go`, with everything switched on. */
function seen(calls: readonly AnyCall[], more: ClientStoreOptions): object[] {
  const faults = new Faults(() => {});
  const clock = { now: 0 };
  const naming = chooseVocabularies(['basic', 'go']);
  const options: ClientStoreOptions = {
    clock: () => clock.now,
    wallClock: () => clock.now,
    attempts: true,
    native: { factor: 1.5, maxBuckets: 160 }, // where there are fewer, each target can be coarser by itself
    exemplars: new Exemplars(
      () => ({ trace_id: String(clock.now) }),
      faults,
      () => clock.now,
    ),
    labels: new CallLabels({ tenant: { from: ({ peer }) => peer } }, faults),
    details: { messageSizes: [10], streamMessages: [1], streamDurations: [1], deadlines: [1] },
    ...more,
  };
  const client = new ClientStore(faults, options);
  const vocabularies = new CallCollector(naming, { server: new ServerStore(faults), client, faults });
  client.declare('/a.B/C', 'unary');
  client.declare('/a.B/D', 'bidi_stream');
  for (const { path, target, tenant, code, milliseconds, errorType, messages, retries, deadline } of calls) {
    clock.now += 1000;
    const known = client.method(path)!;
    const { name } = client.channels.target(target); // as a channel does in any case
    const isApart = client.targetOf({ getTarget: () => target }) !== undefined;
    const towards = isApart ? client.towards(known, name) : known;
    const method = client.labelled(towards, { peer: tenant } as CallStart);
    const notes = client.notes(method);
    const startedAt = clock.now;
    method.started += 1;
    method.attemptsStarted += 1;
    if (code === undefined) method.openStreams?.add({ startedAt });
    for (const bytes of messages) {
      method.received(bytes);
      method.sent(bytes);
      notes?.received(bytes);
    }
    method.retried(retries);
    clock.now += milliseconds;
    method.firstMessages?.observe(milliseconds / 1000);
    if (code === undefined) continue;
    method.attempted(code, milliseconds / 1000);
    const seconds = milliseconds / 1000;
    method.finish(code, seconds, errorType, client.exemplars!.trace());
    client.ended({ method, code, seconds, notes, deadline });
  }
  clock.now += 1000;
  return collected(vocabularies).map((family) => ({
    ...family,
    series: family.series.map((series) => JSON.stringify(series)).sort(),
  }));
}

test('who does not see targets has what there would be without them', () => {
  fc.assert(
    fc.property(fc.array(anyCall, { maxLength: 30 }), (calls) => {
      expect(seen(calls, { byTarget: true })).toEqual(seen(calls, { byTarget: false }));
    }),
    { numRuns: 300 },
  );
});
