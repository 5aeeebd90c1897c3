import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { problemsOf } from '../../src/register/settings.ts';
import { configName, prefix, variableNames } from '../../src/register/variables.ts';
import { Project } from '../support/project.ts';

const page = readFileSync('docs/no-code-change.md', 'utf8');
const project = new Project();
afterAll(() => project.remove());

/** The code blocks of one language. */
const blocks = (language: string) =>
  Array.from(page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms')), ([, code]) => code!);
const one = (language: string): string => {
  const found = blocks(language);
  expect(found).toHaveLength(1);
  return found[0]!;
};

const folder = '/opt/grpc-vitals';
const options = `--import ${folder}/node_modules/grpc-vitals/dist/register.mjs`;

test('the table has every variable and no other', () => {
  const listed = Array.from(page.matchAll(/^\| `(GRPC_VITALS_\w+)` /gm), ([, name]) => name!);
  expect(listed.sort()).toEqual([...variableNames, configName].map((name) => prefix + name).sort());
});

test('the package has the file that NODE_OPTIONS names', () => {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    exports: Record<string, { import: { default: string } }>;
  };
  expect(options.endsWith(`grpc-vitals/${exports['./register']!.import.default.slice(2)}`)).toBe(true);
  expect(page.match(/--import \S+register\.mjs/g)?.filter((found) => found !== options)).toEqual([]);
});

test('the configuration file is right', () => {
  const [file] = blocks('yaml');
  const settings = parse(file!) as object;
  expect(Object.keys(settings)).toContain('expose');
  expect(problemsOf([{ name: 'the page', settings }])).toEqual([]);
});

test('the Deployment copies the package to where NODE_OPTIONS looks for it', () => {
  const [, deployment] = blocks('yaml');
  const { kind, spec } = parse(deployment!) as {
    kind: string;
    spec: {
      selector: { matchLabels: object };
      template: { metadata: { labels: object; annotations: object }; spec: Pod };
    };
  };
  const pod = spec.template.spec;
  expect(kind).toBe('Deployment');
  expect(spec.template.metadata.labels).toEqual(spec.selector.matchLabels);
  const [init, service] = [pod.initContainers[0]!, pod.containers[0]!];
  const [volume] = pod.volumes;
  expect([init, service].map(({ volumeMounts }) => volumeMounts[0]!.name)).toEqual([volume!.name, volume!.name]);
  expect(init.command).toEqual(['cp', '-r', `${folder}/.`, init.volumeMounts[0]!.mountPath]);
  expect(service.volumeMounts[0]!.mountPath).toBe(folder);
  const environment = Object.fromEntries(service.env!.map(({ name, value }) => [name, value]));
  expect(environment).toEqual({ NODE_OPTIONS: options, GRPC_VITALS_PORT: String(service.ports![0]!.containerPort) });
  expect(spec.template.metadata.annotations).toMatchObject({ 'prometheus.io/port': environment.GRPC_VITALS_PORT });
});

interface Container {
  readonly command?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly ports?: readonly { readonly containerPort: number }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

interface Pod {
  readonly volumes: readonly { readonly name: string; readonly emptyDir: object }[];
  readonly initContainers: readonly Container[];
  readonly containers: readonly Container[];
}

test('the image copies what its first stage installs', () => {
  const lines = one('dockerfile').trim().split('\n');
  expect(lines).toContain(`RUN npm install --prefix ${folder} grpc-vitals yaml`);
  expect(lines).toContain(`COPY --from=grpc-vitals ${folder} ${folder}`);
  expect(lines).toContain(`ENV NODE_OPTIONS="${options}"`);
});

test("PM2's file is a module with the service's own options", () => {
  const module: { exports?: { apps: { node_args: string; env: object }[] } } = {};
  runInNewContext(one('js'), { module });
  expect(module.exports!.apps).toMatchObject([{ node_args: options, env: { GRPC_VITALS_PORT: 9464 } }]);
});

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
test.runIf(hasSystemd)('systemd accepts the drop-in, and keeps NODE_OPTIONS whole', () => {
  const units = join(project.folder, 'units');
  mkdirSync(join(units, 'shop.service.d'), { recursive: true });
  writeFileSync(join(units, 'shop.service'), '[Service]\nExecStart=/bin/true\n');
  const verify = (dropIn: string) => {
    writeFileSync(join(units, 'shop.service.d/grpc-vitals.conf'), dropIn);
    const verified = spawnSync('systemd-analyze', ['verify', join(units, 'shop.service')], {
      encoding: 'utf8',
      timeout: 20_000,
      env: { ...process.env, SYSTEMD_UNIT_PATH: `${units}:` },
    });
    return verified.stderr.split('\n').filter((line) => line.includes('grpc-vitals.conf'));
  };
  expect(verify(one('ini'))).toEqual([]);
  expect(verify(one('ini').replaceAll('"', ''))).not.toEqual([]);
});

test('the shell block is what a shell reads', () => {
  const [, block] = blocks('sh');
  const script = block!.replace('node server.js', 'printf "%s|%s" "$NODE_OPTIONS" "$GRPC_VITALS_PORT"');
  expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(`${options}|9464`);
});
