import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { documentedFiles, steps } from '../support/nestjs/docs.ts';

/** What the application of `nest new` has already. */
const template = {
  'src/app.controller.ts': 'export class AppController {}\n',
  'src/app.service.ts': 'export class AppService {}\n',
};

const tsconfig = {
  extends: '../../tsconfig.json',
  compilerOptions: {
    // As in the templates of NestJS, and strict.
    module: 'esnext',
    moduleResolution: 'bundler',
    emitDecoratorMetadata: true,
    erasableSyntaxOnly: false,
    verbatimModuleSyntax: false,
    rewriteRelativeImportExtensions: false,
  },
  include: ['src'],
};

test('every file that the page shows compiles in a strict project', () => {
  const files = documentedFiles();
  expect(Object.keys(files)).toEqual(expect.arrayContaining([...steps]));
  expect(Object.keys(files).length).toBeGreaterThanOrEqual(12);
  const folder = mkdtempSync(join('test', 'readme-'));
  try {
    const all = { ...files, ...template, 'tsconfig.json': JSON.stringify(tsconfig) };
    for (const [path, text] of Object.entries(all)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const compile = () => spawnSync('node', ['node_modules/typescript/bin/tsc', '-p', folder], { encoding: 'utf8' });
    expect(compile().stdout).toBe('');
    writeFileSync(join(folder, 'src/wrong.ts'), wrong);
    expect(compile().stdout.match(/wrong\.ts\(\d+/g)).toEqual(['wrong.ts(5', 'wrong.ts(6', 'wrong.ts(7']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Three mistakes, one in each of the last lines. */
const wrong = `import { GrpcMetrics } from 'grpc-vitals';
import { GrpcVitalsModule, grpcServerOptions } from 'grpc-vitals/nestjs';

const metrics = new GrpcMetrics();
GrpcVitalsModule.forRoot({ expose: 9464 });
GrpcVitalsModule.forRootAsync({ useFactory: () => ({ naming: 'go' }) });
grpcServerOptions(metrics, { protoPath: 'proto/orders.proto' });
`;
