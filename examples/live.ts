import type { GrpcMetrics } from 'grpc-vitals';

interface Reading {
  readonly at: number;
  readonly calls: number;
  readonly failed: number;
  readonly connections: number;
}

/**
 * Prints one line of live numbers every few seconds: rewritten on a terminal; once a minute elsewhere, where every line stays.
 * The function returned ends it.
 */
export function printLiveNumbers(metrics: GrpcMetrics, output: NodeJS.WriteStream = process.stdout): () => void {
  let last = read(metrics);
  const timer = setInterval(
    () => {
      const next = read(metrics);
      const line = describe(last, next);
      output.write(output.isTTY ? `\r\u001b[K${line}` : `${line}\n`);
      last = next;
    },
    output.isTTY ? 5000 : 60_000,
  );
  return () => {
    clearInterval(timer);
    if (output.isTTY) output.write('\r\u001b[K');
  };
}

function read(metrics: GrpcMetrics): Reading {
  const families = metrics.collect();
  const series = (name: string) =>
    families.flatMap((family) =>
      family.name === name && (family.type === 'counter' || family.type === 'gauge') ? family.series : [],
    );
  const calls = series('grpc_requests_total');
  return {
    at: performance.now() / 1000,
    calls: sum(calls),
    failed: sum(calls.filter(({ labels }) => labels.status !== 'OK')),
    connections: sum(series('grpc_active_connections')),
  };
}

function describe(last: Reading, next: Reading): string {
  const calls = next.calls - last.calls;
  const rate = (calls / (next.at - last.at)).toFixed(1);
  const failed = calls === 0 ? 0 : ((next.failed - last.failed) / calls) * 100;
  return `${rate} calls/s, ${failed.toFixed(1)} % not OK, ${next.connections} connections`;
}

function sum(series: readonly { readonly value: number }[]): number {
  return series.reduce((total, { value }) => total + value, 0);
}
