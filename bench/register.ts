import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What a process took from its start to its end. */
interface Run {
  /** From `spawn` until the process has printed its line. */
  readonly milliseconds: number;
  /** Processor time of the process, user and system. */
  readonly cpu: number;
  /** Resident memory when it printed. */
  readonly megabytes: number;
}

const rounds = 15;

/** Programs, each without and with `grpc-vitals/register`. They print `process.cpuUsage()` and the resident memory. */
const programs: Readonly<Record<string, string>> = {
  'a program without gRPC': '',
  'a program that has loaded grpc-js': "require('@grpc/grpc-js');",
  'a service that is bound and has made a call': `
    const grpc = require('@grpc/grpc-js');
    const pass = (bytes) => bytes;
    const codec = { requestSerialize: pass, requestDeserialize: pass, responseSerialize: pass, responseDeserialize: pass };
    const service = { Get: { path: '/a.B/Get', requestStream: false, responseStream: false, ...codec } };
    const server = new grpc.Server();
    server.addService(service, { Get: (call, callback) => callback(null, call.request) });
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (_error, port) => {
      const Client = grpc.makeGenericClientConstructor(service, 'B');
      new Client('127.0.0.1:' + port, grpc.credentials.createInsecure()).Get(Buffer.from('x'), report);
    });`,
};
const report = `
function report() {
  const { user, system } = process.cpuUsage();
  console.log(JSON.stringify({ cpu: (user + system) / 1000, megabytes: process.memoryUsage.rss() / 1e6 }));
  process.exit();
}
`;

/** Start-up and memory of programs without and with `grpc-vitals/register`, in processes of their own that take turns. */
export async function registered(): Promise<void> {
  console.log(
    `\nPrograms with --require grpc-vitals/register and without; median of ${rounds} (range), and the difference in a round`,
  );
  for (const [name, program] of Object.entries(programs)) {
    const runs: [without: Run, registered: Run][] = [];
    const code = report + program + (program.includes('report') ? '' : 'report();');
    for (let round = 0; round < rounds; round += 1) runs.push([await measure(code, []), await measure(code, hook)]);
    console.log(`  ${name}`);
    for (const [title, unit] of [
      ['milliseconds', 'ms'],
      ['cpu', 'ms of processor time'],
      ['megabytes', 'MB resident'],
    ] as const) {
      const row = (index: 0 | 1) => spread(runs.map((pair) => pair[index][title]));
      const more = spread(runs.map(([without, with_]) => with_[title] - without[title]));
      console.log(`    ${unit.padEnd(22)}without ${row(0).padEnd(24)}with ${row(1).padEnd(24)}more ${more}`);
    }
  }
}

const hook = ['--require', fileURLToPath(import.meta.resolve('grpc-vitals/register')).replace(/\.mjs$/, '.cjs')];

async function measure(code: string, args: readonly string[]): Promise<Run> {
  const environment = { ...process.env, GRPC_VITALS_PORT: '0', GRPC_VITALS_HOST: '127.0.0.1' };
  const start = performance.now();
  const child = spawn(process.execPath, [...args, '--eval', code], { env: environment, timeout: 30_000 });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const milliseconds = performance.now() - start;
  await once(child, 'close');
  return { milliseconds, ...(JSON.parse(String(line)) as Omit<Run, 'milliseconds'>) }; // the program prints it
}

function spread(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const [median, min, max] = [sorted[sorted.length >> 1]!, sorted[0]!, sorted.at(-1)!];
  return `${median.toFixed(1)} (${min.toFixed(1)} to ${max.toFixed(1)})`;
}
