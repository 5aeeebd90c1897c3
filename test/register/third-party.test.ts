import { readFileSync } from 'node:fs';
import { credentials, loadPackageDefinition, type ServiceClientConstructor, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Project } from '../support/project.ts';
import { describeWith } from '../support/servers/binaries.ts';
import { freePort, type RunningPrometheus, startPrometheus } from '../support/servers/prometheus.ts';
import { link } from './built-programs.ts';
import { Child } from './child.ts';

/**
 * `examples/error_handling/server.js` of grpc-node, at 2670b37a. The test changes its address alone: the example listens on a fixed
 * port of every interface.
 */
const read = (name: string) => readFileSync(new URL(`third-party/${name}`, import.meta.url), 'utf8');
const address = '0.0.0.0:50052';

interface Greeter {
  close(): void;
  sayHello(request: object, callback: (error: { code: number } | null) => void): void;
  sayHelloStreamReply(request: object): NodeJS.EventEmitter & { resume(): void };
}

describeWith(['prometheus', 'prometheus3'], 'a published example of grpc-js, scraped by Prometheus', (paths) => {
  const project = new Project();
  const running: Partial<Record<keyof typeof paths, RunningPrometheus>> = {};
  let child: Child;
  let client: Greeter;

  beforeAll(async () => {
    link(project, 'grpc-vitals', '.');
    link(project, '@grpc/grpc-js', '@grpc/grpc-js');
    link(project, '@grpc/proto-loader', '@grpc/proto-loader');
    const program = read('server.js.txt');
    expect(program.split(address)).toHaveLength(2);
    const port = await freePort();
    project.write({
      'error_handling/server.js': program.replace(address, `127.0.0.1:${port}`),
      'protos/helloworld.proto': read('helloworld.proto'),
    });
    child = new Child(['error_handling/server.js'], {
      folder: project.folder,
      environment: {
        NODE_OPTIONS: '--import grpc-vitals/register',
        GRPC_VITALS_PORT: '0',
        GRPC_VITALS_HOST: '127.0.0.1',
        GRPC_VITALS_LOG: 'info',
      },
    });
    const target = (await child.url()).slice('http://'.length);
    const start = (binary: string) => startPrometheus({ binary, targets: [target] });
    [running.prometheus, running.prometheus3] = await Promise.all([start(paths.prometheus), start(paths.prometheus3)]);
    const definition = loadSync(`${project.folder}/protos/helloworld.proto`);
    const { helloworld } = loadPackageDefinition(definition) as unknown as {
      helloworld: { Greeter: ServiceClientConstructor };
    };
    client = new helloworld.Greeter(`127.0.0.1:${port}`, credentials.createInsecure()) as unknown as Greeter;
    for (const name of ['a', 'b', 'c', '', '']) {
      await new Promise((resolve) => {
        client.sayHello({ name }, resolve);
      });
    }
    for (const name of ['a', '']) {
      const stream = client.sayHelloStreamReply({ name });
      stream.on('error', () => {}); // the status says it
      stream.resume();
      const { code } = await new Promise<{ code: number }>((resolve) => {
        stream.on('status', resolve);
      });
      expect(code).toBe(name === '' ? status.INVALID_ARGUMENT : status.OK);
    }
  });

  afterAll(async () => {
    client?.close();
    await Promise.all(Object.values(running).map((server) => server.stop()));
    await child?.kill();
    project.remove();
  });

  test.each(['prometheus', 'prometheus3'] as const)('%s has its calls, its messages and its name', async (name) => {
    const server = running[name]!;
    const table = async (expr: string) =>
      Object.fromEntries(
        (await server.query(expr)).map(({ labels, value }) => [
          `${labels.method} ${labels.status ?? ''}`.trim(),
          value,
        ]),
      );
    await server.waitForScrapes(2);
    expect(await table('grpc_requests_total > 0')).toEqual({
      '/helloworld.Greeter/SayHello OK': 3,
      '/helloworld.Greeter/SayHello INVALID_ARGUMENT': 2,
      '/helloworld.Greeter/SayHelloStreamReply OK': 1,
      '/helloworld.Greeter/SayHelloStreamReply INVALID_ARGUMENT': 1,
    });
    expect(await table('grpc_messages_sent_total')).toEqual({
      '/helloworld.Greeter/SayHello': 3,
      '/helloworld.Greeter/SayHelloStreamReply': 5,
    });
    expect((await server.query('up')).map(({ value }) => value)).toEqual([1]);
    expect((await server.query('grpc_active_connections')).map(({ value }) => value)).toEqual([1]);
  });

  test('the library warns of nothing', () => {
    expect(child.stdout + child.stderr).not.toContain('GrpcVitalsWarning');
  });
});
