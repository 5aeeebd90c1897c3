import { type ParseArgsConfig, parseArgs } from 'node:util';

/** The command line is wrong: its message names the value and the remedy. Ends a program with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

type OptionsConfig = NonNullable<ParseArgsConfig['options']>;

/** The options given on the command line; prints `usage` and ends the process for `--help`. */
export function readOptions<const T extends OptionsConfig>(options: T, usage: string) {
  const { values } = parse({ ...options, help: { type: 'boolean', short: 'h' } });
  if ('help' in values) {
    console.log(usage);
    process.exit(0);
  }
  return parse(options).values;
}

function parse<const T extends OptionsConfig>(options: T) {
  try {
    return parseArgs({ options, strict: true, allowPositionals: false });
  } catch (cause) {
    throw new UsageError(`${(cause as Error).message}; --help lists the options`, { cause }); // parseArgs throws only errors
  }
}

/** A port; 0 is any that is free. */
export function readPort(option: string, text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new UsageError(`${option} ${text} is no port: give a whole number from 0 (any free port) to 65535`);
}

/** A decimal number from `least` to `most`. */
export function readNumber(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(`${option} ${text} is out of range: give a number from ${least} to ${most}`);
}

/** Runs a program: prints what it throws as one line, and sets the exit code: 2 for a wrong command line, else 1. */
export async function runProgram(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
