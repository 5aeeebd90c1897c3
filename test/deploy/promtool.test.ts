import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { deployFolder, readDeployed, readYaml } from '../support/deploy/files.ts';
import { alertRules } from '../support/deploy/queries.ts';
import { describeWith } from '../support/servers/binaries.ts';
import { run } from '../support/servers/promtool.ts';

const folder = join(deployFolder, 'prometheus');
const META = '__meta_kubernetes_';

interface Config {
  rule_files?: string[];
  scrape_configs: {
    job_name: string;
    tls_config?: Record<string, string>;
    kubernetes_sd_configs?: unknown;
    static_configs?: { targets: string[]; labels?: Record<string, string> }[];
  }[];
}

// Debian's 2.42 is built without the discovery of Kubernetes, and so does not know that part of kubernetes.yml.
const configs = {
  promtool: ['prometheus.yml', 'file-sd.yml'],
  promtool3: ['prometheus.yml', 'file-sd.yml', 'kubernetes.yml'],
};

for (const name of ['promtool', 'promtool3'] as const) {
  describeWith([name], `deploy/prometheus read by ${name}`, (paths) => {
    const promtool = paths[name];

    test.each(configs[name])('check config %s', async (file) => {
      await succeed(promtool, ['check', 'config', '--lint=all', '--lint-fatal', file]);
    });

    test('check rules', async () => {
      await succeed(promtool, ['check', 'rules', '--lint=all', '--lint-fatal', 'rules.yml', 'alerts.yml']);
    });

    test('test rules', async () => {
      await succeed(promtool, ['test', 'rules', 'rules.test.yml']);
    });

    test('pods become targets', async () => {
      const found = await inFolder((temporary) => discover(promtool, temporary));
      expect(found).toEqual(Object.fromEntries(pods.map(({ pod, target }) => [pod, target])));
    });

    test.each(readmeConfigs())('README: %#', async (text) => {
      await inFolder((temporary) => checkSnippet(promtool, temporary, text));
    });
  });
}

describe('the tests of the rules', () => {
  test('have a case that fires for each alert, and one that does not', () => {
    const { tests } = readYaml('prometheus/rules.test.yml') as {
      tests: { alert_rule_test?: { alertname: string; exp_alerts?: unknown[] }[] }[];
    };
    const cases = tests.flatMap(({ alert_rule_test = [] }) => alert_rule_test);
    const alerts = alertRules().map(({ alert }) => alert);
    for (const alert of alerts) {
      const own = cases.filter(({ alertname }) => alertname === alert);
      expect(own.some(({ exp_alerts: fired = [] }) => fired.length > 0)).toBe(true);
      expect(own.some(({ exp_alerts: fired = [] }) => fired.length === 0)).toBe(true);
    }
    // A misspelt name would be a case that never fires.
    expect(new Set(cases.map(({ alertname }) => alertname))).toEqual(new Set(alerts));
  });
});

interface Pod {
  readonly pod: string;
  /** Meta labels without their prefix; what is not given is as `usual` says. */
  readonly meta: Readonly<Record<string, string>>;
  /** Labels of the target, undefined if it is dropped. */
  readonly target: Readonly<Record<string, string>> | undefined;
}

const usual = {
  namespace: 'shop',
  pod_ip: '10.1.2.3',
  pod_phase: 'Running',
  pod_annotation_prometheus_io_scrape: 'true',
  pod_label_app_kubernetes_io_name: 'orders',
};
const usualTarget = {
  __scheme__: 'http',
  __metrics_path__: '/metrics',
  instance: '10.1.2.3:8000',
  job: 'shop/orders',
  namespace: 'shop',
  app: 'orders',
};

const pods: readonly Pod[] = [
  { pod: 'as-it-comes', meta: {}, target: usualTarget },
  { pod: 'not-asked-for', meta: { pod_annotation_prometheus_io_scrape: 'false' }, target: undefined },
  { pod: 'no-annotation', meta: { pod_annotation_prometheus_io_scrape: '' }, target: undefined },
  { pod: 'finished', meta: { pod_phase: 'Succeeded' }, target: undefined },
  { pod: 'failed', meta: { pod_phase: 'Failed' }, target: undefined },
  {
    pod: 'port',
    meta: { pod_annotation_prometheus_io_port: '9100' },
    target: { ...usualTarget, instance: '10.1.2.3:9100' },
  },
  { pod: 'port-by-name', meta: { pod_annotation_prometheus_io_port: 'metrics' }, target: usualTarget },
  { pod: 'ipv6', meta: { pod_ip: 'fd00::12:3' }, target: { ...usualTarget, instance: '[fd00::12:3]:8000' } },
  {
    pod: 'tls-and-path',
    meta: { pod_annotation_prometheus_io_scheme: 'https', pod_annotation_prometheus_io_path: '/internal/metrics' },
    target: { ...usualTarget, __scheme__: 'https', __metrics_path__: '/internal/metrics' },
  },
  {
    pod: 'older-label',
    meta: { pod_label_app_kubernetes_io_name: '', pod_label_app: 'users' },
    target: { ...usualTarget, app: 'users', job: 'shop/users' },
  },
  {
    pod: 'no-label',
    meta: { pod_label_app_kubernetes_io_name: '' },
    target: { ...usualTarget, app: '', job: 'kubernetes-pods' },
  },
];

/** What kubernetes.yml makes of the pods. promtool cannot ask a cluster, so it is given their meta labels as they are. */
async function discover(promtool: string, temporary: string): Promise<Record<string, unknown>> {
  const config = readYaml('prometheus/kubernetes.yml') as Config;
  const [job] = config.scrape_configs;
  if (job === undefined) throw new Error('kubernetes.yml has no job');
  delete config.rule_files;
  delete job.kubernetes_sd_configs;
  job.static_configs = pods.map(({ pod, meta }) => ({
    targets: ['10.9.9.9:50051'],
    labels: Object.fromEntries(
      Object.entries({ ...usual, pod_name: pod, ...meta }).map(([label, value]) => [META + label, value]),
    ),
  }));
  const file = join(temporary, 'pods.yml');
  await writeFile(file, stringify(config));
  // It always waits as long as the timeout says.
  const output = await succeed(promtool, ['check', 'service-discovery', '--timeout=300ms', file, job.job_name]);
  const results = JSON.parse(output) as {
    discoveredLabels: Record<string, string>;
    labels: Record<string, string> | null;
  }[];
  return Object.fromEntries(
    results.map(({ discoveredLabels, labels }) => {
      const pod = discoveredLabels[`${META}pod_name`] ?? '';
      if (labels === null || Object.keys(labels).length === 0) return [pod, undefined];
      expect(labels.pod).toBe(pod);
      const { __scheme__, __metrics_path__, instance, job: name, namespace, app = '' } = labels;
      return [pod, { __scheme__, __metrics_path__, instance, job: name, namespace, app }];
    }),
  );
}

/** The README's pieces of Prometheus configuration. */
function readmeConfigs(): string[] {
  const blocks = [...readDeployed('README.md').matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = '']) => text);
  const jobs = blocks.filter((text) => text.startsWith('scrape_configs:'));
  if (jobs.length === 0) throw new Error('deploy/README.md has no scrape_configs');
  return jobs;
}

/** Checks a piece of configuration with the files that it names in place of those on the reader's machine. */
async function checkSnippet(promtool: string, temporary: string, text: string): Promise<void> {
  const config = parse(text) as Config;
  for (const { tls_config: tls = {} } of config.scrape_configs) {
    for (const key of ['ca_file', 'cert_file', 'key_file']) {
      if (tls[key] === undefined) continue;
      tls[key] = join(temporary, key);
      await writeFile(tls[key], '');
    }
  }
  const file = join(temporary, 'snippet.yml');
  await writeFile(file, stringify(config));
  await succeed(promtool, ['check', 'config', file]);
  expect(await readFile(file, 'utf8')).toContain('scrape_configs');
}

async function inFolder<T>(use: (temporary: string) => Promise<T>): Promise<T> {
  const temporary = await mkdtemp(join(tmpdir(), 'grpc-vitals-deploy-'));
  try {
    return await use(temporary);
  } finally {
    await rm(temporary, { recursive: true });
  }
}

/** Runs promtool in `deploy/prometheus`; its output when the exit code is 0, else fails with it. */
async function succeed(promtool: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(promtool, args, { cwd: folder });
  expect(code, stdout + stderr).toBe(0);
  return stdout;
}
