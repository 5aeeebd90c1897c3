import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { ServerMiddleware } from 'nice-grpc';
import { prometheusServerMiddleware, registry } from 'nice-grpc-prometheus';
import { afterEach, expect, test, vi } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import { callUntilDeadline } from '../endings/drives.ts';
import { niceGrpc } from '../endings/nice-grpc/adapter.ts';
import type { Row } from '../endings/row.ts';
import { rows } from '../endings/rows.ts';
import { runRow } from '../endings/run.ts';

const page = readFileSync('docs/from-nice-grpc-prometheus.md', 'utf8');
const table = page.slice(page.indexOf('## Where nice-grpc-prometheus is wrong'));
/** What happens, and what the page says of it: the client's status, the one of nice-grpc-prometheus, and the library's. */
const documented = Array.from(table.matchAll(/^\| ([^|]+\w`?) +\| `(\w+)` +\| `?(\w+)`? +\| `(\w+)` +\|$/gm), (match) =>
  match.slice(1),
);
if (documented.length < 8) throw new Error('the page has no table');

const stopAtSignal: ServerMiddleware = async function* (_call, { signal }) {
  await once(signal, 'abort');
  yield* [];
  throw Object.assign(new Error('aborted'), { name: 'AbortError' });
};
const stopping: Row = {
  name: 'the deadline passes, the handler stops at `context.signal`',
  method: 'Unary',
  handler: 'answer',
  drive: callUntilDeadline,
  wire: 'DEADLINE_EXCEEDED',
  recorded: 'DEADLINE_EXCEEDED',
};

afterEach(() => registry.resetMetrics());

async function codes(): Promise<readonly unknown[]> {
  const { values } = await registry.getSingleMetric('grpc_server_handled_total')!.get();
  return values.filter(({ value }) => value > 0).map(({ labels }) => labels.grpc_code);
}

// The client's deadline and the server's race, as in the contract of endings.
test.each(documented)(
  '%s: the client gets %s, nice-grpc-prometheus records %s',
  { retry: 2 },
  async (name, client, theirs, ours) => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {}); // nice-grpc warns of exceptions
    const row = [...rows, stopping].find((one) => one.name === name)!;
    const adapter = niceGrpc('2.1', 'grpc-js', (server) => {
      const recorded = server.use(prometheusServerMiddleware());
      return row === stopping ? recorded.use(stopAtSignal) : recorded;
    });
    const metrics = new GrpcMetrics();
    await runRow(adapter, row, metrics, ({ wire, recorded }) => {
      expect(wire).toBe(client);
      expect(recorded.calls()).toEqual({ [`Unary ${ours}`]: 1 });
    });
    expect(await codes()).toEqual(theirs === 'nothing' ? [] : [theirs]);
  },
);
