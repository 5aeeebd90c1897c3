import type { FinishedCall } from '../../src/index.ts';

/** `Method STATUS` to how many, as the fixtures say what was recorded. */
export function byStatus(calls: readonly FinishedCall[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { path, status } of calls) {
    const key = `${path.replace('/test.v1.Endings/', '')} ${status}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

export function sumOf(calls: readonly FinishedCall[], number: 'messagesReceived' | 'messagesSent' | 'retries'): number {
  return calls.reduce((sum, call) => sum + call[number], 0);
}
