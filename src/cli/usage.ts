import { type ParseArgsConfig, parseArgs } from 'node:util';

type ParseArgsOptionDescriptor = NonNullable<ParseArgsConfig['options']>[string];

/** The command line is wrong: the message names the value and the remedy. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export type Options = Readonly<Record<string, ParseArgsOptionDescriptor>>;

type Config<T extends Options> = { args: string[]; options: T; strict: true; allowPositionals: true };

/** Options and URLs of a command. Throws `UsageError` for options that it does not have, and without a URL. */
export function readArguments<const T extends Options>(
  command: string,
  args: readonly string[],
  options: T,
): { values: ReturnType<typeof parseArgs<Config<T>>>['values']; urls: string[] } {
  const { values, positionals } = parse(command, { args: [...args], options, strict: true, allowPositionals: true });
  if (positionals.length === 0) {
    throw new UsageError(`${command} needs a URL: grpc-vitals ${command} http://localhost:8000/metrics`);
  }
  return { values, urls: positionals };
}

function parse<const T extends Options>(command: string, config: Config<T>): ReturnType<typeof parseArgs<Config<T>>> {
  try {
    return parseArgs(config);
  } catch (cause) {
    // parseArgs throws only errors; what it adds on `--` is of no use here.
    const [message = ''] = (cause as Error).message.split('. To specify');
    throw new UsageError(`${message.replace(/\.$/, '')}; grpc-vitals ${command} --help lists the options`, { cause });
  }
}

/** Seconds from `5`, `5s`, `500ms` or `1m`. */
export function readSeconds(option: string, text: string): number {
  const [, digits, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text) ?? [];
  const seconds = Number(digits) * { ms: 0.001, s: 1, m: 60 }[unit as 'ms' | 's' | 'm']; // as the pattern says
  // A day is less than what setTimeout can take.
  if (seconds > 0 && seconds <= 86_400) return seconds;
  throw new UsageError(`${option} ${text} is no duration: write 500ms, 5s or 1m, up to a day`);
}

export function readCount(option: string, text: string): number {
  if (/^\d{1,9}$/.test(text) && Number(text) > 0) return Number(text);
  throw new UsageError(`${option} ${text} is no count: write a whole number from 1`);
}

/** One of a list of words. */
export function readChoice<const T extends string>(option: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  throw new UsageError(`${option} ${text} is not known: it is one of ${choices.join(', ')}`);
}
