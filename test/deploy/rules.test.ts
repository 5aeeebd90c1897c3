import { describe, expect, test } from 'vitest';
import { exposedMetrics, metricOf } from '../support/deploy/metrics.ts';
import { metricNames, syntaxErrors } from '../support/deploy/promql.ts';
import { alertRules, recordingRules } from '../support/deploy/queries.ts';

const recorded = recordingRules().map(({ record }) => record);

describe('recording rules', () => {
  test.each(recordingRules())('$record', ({ record, expr }) => {
    expect(syntaxErrors(expr)).toEqual([]);
    // level:metric:operations, with the job in every level and nothing that tells instances apart.
    expect(record).toMatch(/^job(_method)?(_status|_le|_target)?:grpc_\w+:\w+$/);
    expect(record).not.toMatch(/_total:/);
    for (const name of metricNames(expr)) expectKnown(name);
  });

  test('are written before they are read', () => {
    const known: string[] = [];
    for (const { record, expr } of recordingRules()) {
      for (const name of metricNames(expr)) if (name.includes(':')) expect(known).toContain(name);
      known.push(record);
    }
  });
});

describe('alerts', () => {
  test.each(alertRules())('$alert', ({ expr, labels, annotations, ...rule }) => {
    expect(syntaxErrors(expr)).toEqual([]);
    for (const name of metricNames(expr)) expectKnown(name);
    expect(rule.for).toMatch(/^\d+[mh]$/);
    expect(['critical', 'warning', 'info']).toContain(labels?.severity);
    expect(annotations?.summary).toContain('{{ $labels.');
    expect(annotations?.description).toMatch(/\{\{.*\}\}.*\.$/s);
  });

  test('the alert of the faults leaves unknown methods out, by the rules it reads', () => {
    const faults = recordingRules().find(({ record }) => record === 'job_method:grpc_server_faults:rate5m');
    expect(faults?.expr).toContain('method!="unknown"');
  });
});

function expectKnown(name: string): void {
  if (name.includes(':')) expect(recorded).toContain(name);
  else expect(['up', ...exposedMetrics]).toContain(metricOf(name));
}
