import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Side } from '../../src/naming/call-shape.ts';
import { go } from '../../src/naming/vocabularies/go.ts';
import { ClientStore } from '../../src/rpc/client-store.ts';
import { Faults } from '../../src/rpc/faults.ts';
import { ServerStore } from '../../src/rpc/server-store.ts';
import { status } from '../../src/rpc/status.ts';
import { collected } from '../support/collected.ts';
import { encodeText } from '../support/exposition/encode-text.ts';
import { describeWith } from '../support/servers/binaries.ts';
import { run } from '../support/servers/promtool.ts';

const failed = 'Unknown|FailedPrecondition|ResourceExhausted|Internal|Unavailable|DataLoss|DeadlineExceeded';
const thanosFailed = 'Unknown|ResourceExhausted|Internal|Unavailable|DataLoss|DeadlineExceeded';

/** As published, with the placeholders of the mixins filled in. */
const alerts = [
  // https://github.com/etcd-io/etcd/blob/main/contrib/mixin/alerts/alerts.libsonnet
  {
    alert: 'etcdHighNumberOfFailedGRPCRequests',
    expr: `100 * sum(rate(grpc_server_handled_total{job=~".*etcd.*", grpc_code=~"${failed}"}[5m])) without (grpc_type, grpc_code)
      / sum(rate(grpc_server_handled_total{job=~".*etcd.*"}[5m])) without (grpc_type, grpc_code) > 5`,
    for: '5m',
  },
  {
    alert: 'etcdGRPCRequestsSlow',
    expr: `histogram_quantile(0.99, sum(rate(grpc_server_handling_seconds_bucket{job=~".*etcd.*", grpc_method!="Defragment",
      grpc_type="unary"}[5m])) without(grpc_type)) > 0.15`,
    for: '10m',
  },
  // https://github.com/samber/awesome-prometheus-alerts/blob/master/dist/rules/etcd/embedded-exporter.yml
  {
    alert: 'EtcdHighNumberOfFailedGrpcRequestsCritical',
    expr: `sum(rate(grpc_server_handled_total{grpc_code=~"${failed}"}[1m])) BY (grpc_service, grpc_method)
      / sum(rate(grpc_server_handled_total[1m])) BY (grpc_service, grpc_method) > 0.05
      and sum(rate(grpc_server_handled_total[1m])) BY (grpc_service, grpc_method) > 0`,
    for: '2m',
  },
  {
    alert: 'EtcdGrpcRequestsSlow',
    expr: `histogram_quantile(0.99, sum(rate(grpc_server_handling_seconds_bucket{grpc_method!="Defragment", grpc_type="unary"}[1m]))
      by (grpc_service, grpc_method, le)) > 0.15`,
    for: '2m',
  },
  // https://github.com/thanos-io/thanos/blob/main/examples/alerts/alerts.yaml
  {
    alert: 'ThanosQueryGrpcServerErrorRate',
    expr: `(sum by (job) (rate(grpc_server_handled_total{grpc_code=~"${thanosFailed}", job=~".*thanos-query.*"}[5m]))
      / sum by (job) (rate(grpc_server_started_total{job=~".*thanos-query.*"}[5m])) * 100 > 5)`,
    for: '5m',
  },
  {
    alert: 'ThanosQueryGrpcClientErrorRate',
    expr: `(sum by (job) (rate(grpc_client_handled_total{grpc_code!="OK", job=~".*thanos-query.*"}[5m]))
      / sum by (job) (rate(grpc_client_started_total{job=~".*thanos-query.*"}[5m]))) * 100 > 5`,
    for: '5m',
  },
];

/** Queries of https://github.com/etcd-io/etcd/blob/main/contrib/mixin/dashboards/targets.libsonnet, and what they give below. */
const queries: [expr: string, value: number][] = [
  ['sum(rate(grpc_server_started_total{job="etcd",grpc_type="unary"}[5m]))', 60 / 30],
  [`sum(rate(grpc_server_handled_total{job="etcd",grpc_type="unary",grpc_code=~"${failed}"}[5m]))`, 6 / 30],
  [
    `sum(grpc_server_started_total{job="etcd",grpc_service="etcdserverpb.Watch",grpc_type="bidi_stream"})
      - sum(grpc_server_handled_total{job="etcd",grpc_service="etcdserverpb.Watch",grpc_type="bidi_stream"})`,
    2 * 60,
  ],
];

/** Half a minute of calls, of which `failing` of sixty fail and all take so long; beside them two streams that do not end. */
function calls(side: Side, failing: number, seconds: number): string {
  const server = new ServerStore(new Faults(() => {}));
  const client = new ClientStore(new Faults(() => {}));
  const store = side === 'server' ? server : client;
  store.declare('/etcdserverpb.KV/Range', 'unary');
  store.declare('/etcdserverpb.Watch/Watch', 'bidi_stream');
  const range = store.method('/etcdserverpb.KV/Range')!;
  for (let index = 0; index < 60; index += 1) {
    range.started += 1;
    range.finish(index < failing ? status.UNAVAILABLE : status.OK, seconds);
  }
  for (let index = 0; index < 2; index += 1) store.method('/etcdserverpb.Watch/Watch')!.started += 1;
  return encodeText(collected(side === 'server' ? go.server.project(server) : go.client.project(client)));
}

/** The series of scrapes of such calls, again and again, as promtool wants them. */
function growing(scrape: string, job: string): { series: string; values: string }[] {
  const lines = Array.from(scrape.matchAll(/^(\w+)\{(.*)\} (\S+)$/gm));
  return lines.map(([, name, labels, value]) => ({
    series: `${name}{job="${job}",instance="a:8000",${labels}}`,
    values: `0+${value}x80`,
  }));
}

async function testRules(promtool: string, failing: number, seconds: number, checks: object[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'grpc-vitals-alerts-'));
  const input_series = ['etcd', 'thanos-query'].flatMap((job) => [
    ...growing(calls('server', failing, seconds), job),
    ...growing(calls('client', failing, seconds), job),
  ]);
  // YAML is a superset of JSON.
  await writeFile(join(folder, 'rules.yml'), JSON.stringify({ groups: [{ name: 'published', rules: alerts }] }));
  const tests = [{ interval: '30s', input_series, promql_expr_test: checks }];
  await writeFile(
    join(folder, 'test.yml'),
    JSON.stringify({ rule_files: ['rules.yml'], evaluation_interval: '1m', tests }),
  );
  const { code, stdout, stderr } = await run(promtool, ['test', 'rules', 'test.yml'], { cwd: folder });
  await rm(folder, { recursive: true });
  return code === 0 ? '' : stdout + stderr;
}

/** The alerts that fire after half an hour. */
const firing = (names: readonly string[]) => ({
  expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
  eval_time: '30m',
  exp_samples: names.map((alertname) => ({ labels: `{alertname="${alertname}"}`, value: 1 })),
});

for (const name of ['promtool', 'promtool3'] as const) {
  describeWith([name], `alerts and queries of others on the vocabulary go, ${name}`, (paths) => {
    test('fire where calls fail and are slow', async () => {
      const names = alerts.map(({ alert }) => alert);
      expect(await testRules(paths[name], 6, 0.3, [firing(names)])).toBe('');
    });

    test('do not fire where calls are well', async () => {
      expect(await testRules(paths[name], 0, 0.01, [firing([])])).toBe('');
    });

    test('return data', async () => {
      const checks = queries.map(([expr, value]) => ({
        expr,
        eval_time: '30m',
        exp_samples: [{ labels: '{}', value }],
      }));
      expect(await testRules(paths[name], 6, 0.3, checks)).toBe('');
    });
  });
}
