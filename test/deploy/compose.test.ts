import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { deployFolder, readDeployed, readYaml } from '../support/deploy/files.ts';
import { describeWith } from '../support/servers/binaries.ts';
import { run } from '../support/servers/promtool.ts';

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly healthcheck?: unknown;
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

const { services, volumes } = readYaml('docker-compose.yml') as Compose;
const dockerfile = readDeployed('Dockerfile');

describe('docker-compose.yml', () => {
  test('has what the next tests look at', () => {
    const all = Object.values(services);
    const found = (count: (service: Service) => number) => all.reduce((sum, service) => sum + count(service), 0);
    expect(found(({ ports = [] }) => ports.length)).toBeGreaterThan(0);
    expect(found(({ volumes: mounts = [] }) => mounts.length)).toBeGreaterThan(0);
    expect(found(({ depends_on = {} }) => Object.keys(depends_on).length)).toBeGreaterThan(0);
  });

  test.each(Object.entries(services))('%s', (_name, service) => {
    // Either built from the file that is here, or a pinned release.
    if (service.build === undefined) {
      expect(service.image).toMatch(/^[a-z]+\/[a-z]+:v?\d+\.\d+\.\d+$/);
      expect(service.healthcheck).toBeDefined();
    } else {
      expect(existsSync(join(deployFolder, service.build.context, service.build.dockerfile))).toBe(true);
      expect(dockerfile).toMatch(/^HEALTHCHECK /m);
    }
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    for (const { condition } of Object.values(service.depends_on ?? {})) expect(condition).toBe('service_healthy');
    for (const mount of service.volumes ?? []) {
      const [source = '', , mode] = mount.split(':');
      if (source.startsWith('.')) {
        expect(existsSync(join(deployFolder, source)), mount).toBe(true);
        expect(mode).toBe('ro');
      } else {
        expect(volumes).toHaveProperty(source);
      }
    }
  });

  test('what the containers are told to read is mounted there', () => {
    const mounts = Object.values(services).flatMap((service) => service.volumes ?? []);
    const onHost = (path: string): string | undefined => {
      for (const mount of mounts) {
        const [source = '', target = ''] = mount.split(':');
        if (source.startsWith('.') && path.startsWith(`${target}/`)) return source + path.slice(target.length);
      }
      return undefined;
    };
    const { providers } = readYaml('grafana/provisioning/dashboards/grpc-vitals.yml') as {
      providers: { options: { path: string } }[];
    };
    const paths = [
      '/etc/prometheus/prometheus.yml',
      '/etc/prometheus/rules.yml',
      '/etc/prometheus/alerts.yml',
      services.grafana?.environment?.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH ?? '',
      ...providers.map(({ options }) => `${options.path}/grpc-vitals.json`),
    ];
    for (const path of paths) expect(existsSync(join(deployFolder, onHost(path) ?? 'nowhere')), path).toBe(true);
  });

  test('Prometheus and Grafana look where the services are', () => {
    const { scrape_configs: jobs } = readYaml('prometheus/prometheus.yml') as {
      scrape_configs: { static_configs: { targets: string[] }[] }[];
    };
    const targets = jobs.flatMap((job) => job.static_configs.flatMap((group) => group.targets));
    expect(targets).toEqual(['demo:8000', 'demo:8001', 'localhost:9090']);
    expect(Object.keys(services)).toContain('demo');
    expect(dockerfile).toMatch(/^EXPOSE 50051 8000 8001$/m);

    const { datasources } = readYaml('grafana/provisioning/datasources/prometheus.yml') as {
      datasources: { url: string; jsonData: { timeInterval: string } }[];
    };
    expect(datasources.map(({ url }) => url)).toEqual(['http://prometheus:9090']);
    const { global } = readYaml('prometheus/prometheus.yml') as { global: { scrape_interval: string } };
    expect(datasources[0]?.jsonData.timeInterval).toBe(global.scrape_interval);
  });
});

describe('Dockerfile', () => {
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths = '']) => paths.split(' '));

  test.each([...new Set(copied)])('may copy %s', (path) => {
    expect(existsSync(join(deployFolder, '..', path))).toBe(true);
    expect(readDeployed('Dockerfile.dockerignore').split('\n')).toContain(`!${path}`);
  });

  test('runs the demo as its only process, and not as root', () => {
    expect(copied).toContain('examples');
    expect(dockerfile).toMatch(/^USER nonroot$/m);
    expect(dockerfile.trimEnd().split('\n').at(-1)).toBe('CMD ["build/src/demo.mjs", "--host", "0.0.0.0"]');
  });
});

describeWith(['docker-compose'], 'docker-compose.yml read by docker-compose', (paths) => {
  test('config', async () => {
    const file = join(deployFolder, 'docker-compose.yml');
    const { code, stderr } = await run(paths['docker-compose'], ['-f', file, 'config', '-q']);
    expect(code, stderr).toBe(0);
    // Says so of what it does not know or does no longer.
    expect(stderr).toBe('');
  });
});
