import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

interface Printed {
  /** In OpenMetrics. */
  readonly scrape: string;
  /** Those of the server. */
  readonly spans: readonly { readonly name: string; readonly traceId: string; readonly spanId: string }[];
}

async function run(): Promise<Printed> {
  const program = fileURLToPath(new URL('./traced-service.ts', import.meta.url));
  const args = ['--import', 'tsx', program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 30_000 });
  return JSON.parse(stdout) as Printed; // as it prints it
}

/** The labels of the exemplars on the lines of these samples. */
function exemplars(scrape: string, samples: string): string[] {
  const lines = scrape.split('\n').filter((line) => line.startsWith(samples));
  return lines.flatMap((line) => / # \{(.*)\} /.exec(line)?.[1] ?? []);
}

test("exemplars are the sampled spans of OpenTelemetry's instrumentation", async () => {
  const { scrape, spans } = await run();
  // One call of each method in two is sampled.
  expect(spans.map(({ name }) => name).sort()).toEqual(['grpc.a.B/Fails', 'grpc.a.B/Fast', 'grpc.a.B/Slow']);
  for (const { name, traceId, spanId } of spans) {
    const path = name.replace('grpc.', '/');
    const labels = [`trace_id="${traceId}",span_id="${spanId}"`];
    expect(exemplars(scrape, `grpc_requests_total{method="${path}"`)).toEqual(labels);
    expect(exemplars(scrape, `grpc_request_duration_seconds_bucket{method="${path}"`)).toEqual(labels);
    if (name.endsWith('Fast')) expect(exemplars(scrape, 'operations_total')).toEqual(labels);
  }
  expect(exemplars(scrape, 'grpc_requests_total{method="/a.B/Fails",status="NOT_FOUND"}')).toHaveLength(1);
  expect(scrape).toMatch(/le="\+Inf"} \d+\n/);
  expect(scrape).toMatch(
    /_bucket\{method="\/a\.B\/Slow",le="10\.0"\} 2 # \{trace_id="[0-9a-f]{32}",span_id="[0-9a-f]{16}"\} 0\.\d+ 1[0-9.]+\n/,
  );
  expect(scrape).toContain('grpc_vitals_errors_total{stage="exemplar"} 0.0\n');
});
