import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Project, pack } from '../support/project.ts';
import { link } from './built-programs.ts';
import { Child } from './child.ts';

/** As the image layer and the init container of docs/no-code-change.md do it: installed in one folder, copied to another. */
const installed = new Project();
const service = new Project({
  'main.cjs': `
const grpc = require('@grpc/grpc-js');
const insecure = grpc.ServerCredentials.createInsecure();
new grpc.Server().bindAsync('127.0.0.1:0', insecure, () => {});
`,
  'vitals.yaml': 'runtime: true\nexpose: { host: 127.0.0.1, port: 0 }\n',
});
afterAll(() => {
  installed.remove();
  service.remove();
});

test('the package works from a folder that the service does not know', async () => {
  await installed.install([pack(installed.folder), '--offline']);
  link(installed, 'yaml', 'yaml');
  const copy = join(service.folder, 'elsewhere');
  mkdirSync(copy);
  cpSync(join(installed.folder, 'node_modules'), join(copy, 'node_modules'), { recursive: true });
  link(service, '@grpc/grpc-js', '@grpc/grpc-js');
  const child = new Child(['main.cjs'], {
    folder: service.folder,
    environment: {
      NODE_OPTIONS: `--import ${copy}/node_modules/grpc-vitals/dist/register.mjs`,
      GRPC_VITALS_CONFIG: 'vitals.yaml',
      GRPC_VITALS_LOG: 'info',
    },
  });
  try {
    const text = await (await fetch(`${await child.url()}/metrics`)).text();
    expect(text).toContain('process_cpu_seconds_total');
    expect(child.stderr).not.toContain('Warning');
  } finally {
    await child.kill();
  }
});
