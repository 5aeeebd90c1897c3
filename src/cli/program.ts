import { version } from '../version.ts';
import { check, checkUsage } from './check.ts';
import { type Host, interruptedCode } from './host.ts';
import { UnreadableError } from './scrape.ts';
import { replaceSteering } from './steering.ts';
import { top, topUsage } from './top/top.ts';
import { UsageError } from './usage.ts';

const usage = `Looks at the Prometheus metrics of gRPC services.

  grpc-vitals check URL...   what is wrong with an endpoint: format, names, units, cardinality, buckets
  grpc-vitals top URL...     its calls, live: rate, errors, latency and calls in flight by method

  grpc-vitals --version      the version of this package

A URL is http://localhost:8000/metrics; localhost:8000 or 8000 will do. Each command has --help.
`;

interface Command {
  readonly usage: string;
  readonly run: (args: readonly string[], host: Host) => Promise<number>;
}

const commands: Readonly<Record<string, Command>> = {
  check: { usage: checkUsage, run: check },
  top: { usage: topUsage, run: top },
};

/** Runs the command that the arguments name; resolves with the exit code. What cannot be done is one line on standard error, and 2. */
export async function runProgram([name, ...args]: readonly string[], host: Host): Promise<number> {
  try {
    const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (command === undefined) return withoutCommand(name, host);
    const options = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
    if (!options.includes('--help') && !options.includes('-h')) return await command.run(args, host);
    host.out(command.usage);
    return 0;
  } catch (error) {
    if (host.interrupted.aborted) return interruptedCode;
    if (!(error instanceof UsageError || error instanceof UnreadableError)) throw error;
    host.err(`grpc-vitals: ${error.message.split('\n').map(replaceSteering).join('\n')}\n`);
    return 2;
  }
}

function withoutCommand(name: string | undefined, host: Host): number {
  if (name === '--help' || name === '-h') {
    host.out(usage);
    return 0;
  }
  if (name === '--version') {
    host.out(`${version}\n`);
    return 0;
  }
  if (name === undefined) {
    host.err(usage);
    return 2;
  }
  throw new UsageError(`${name} is no command: it is check or top; grpc-vitals --help says more`);
}
