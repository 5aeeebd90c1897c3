import { constants } from 'node:os';
import { checkKeys, keysOf } from '../core/check-keys.ts';
import { checkObject } from '../core/check-object.ts';
import { checkBoolean, checkFunction, checkSeconds } from '../core/check-type.ts';
import { invalidOption } from '../core/errors.ts';
import { quoted } from '../core/printable.ts';

/** Options of `shutdownOn()`. */
export interface ShutdownOptions {
  /**
   * Longest time from the signal to the end, in seconds, 0.001 to 3600. By default 25: Kubernetes kills a process 30 s
   * after SIGTERM.
   */
  readonly timeoutSeconds?: number | undefined;
  /** Longest time that calls under way may take to end, in seconds, 0.001 to 3600. By default 10. Then they are cut off. */
  readonly drainSeconds?: number | undefined;
  /**
   * Your own steps, such as closing a pool: `() => pool.end()`. The library calls it when the servers have drained, and
   * waits for its promise before it waits for the last scrape. A rejection is a warning.
   */
  readonly afterDrain?: (() => unknown) | undefined;
  /** Whether the library ends the process with `process.exit()`. By default it does. */
  readonly exit?: boolean | undefined;
}

/** The options with their defaults. */
export interface ShutdownChoices {
  readonly timeoutSeconds: number;
  readonly drainSeconds: number;
  readonly afterDrain: (() => unknown) | undefined;
  readonly exit: boolean;
}

const shutdownKeys = keysOf<ShutdownOptions>({
  timeoutSeconds: true,
  drainSeconds: true,
  afterDrain: true,
  exit: true,
});

/** Throws `invalid_option` for a signal or options that cannot be right. */
export function checkShutdown(signal: NodeJS.Signals, options: ShutdownOptions): ShutdownChoices {
  checkSignal(signal);
  checkObject('shutdownOn() takes an object, such as { timeoutSeconds: 25 }', options);
  checkKeys('shutdownOn()', options, shutdownKeys);
  const { timeoutSeconds = 25, drainSeconds = 10, afterDrain, exit = true } = options;
  checkSeconds('timeoutSeconds', timeoutSeconds);
  checkSeconds('drainSeconds', drainSeconds);
  checkFunction('afterDrain', afterDrain, 'such as () => pool.end()');
  checkBoolean('exit', exit);
  return { timeoutSeconds, drainSeconds, afterDrain, exit };
}

function checkSignal(signal: unknown): void {
  const isKnown = typeof signal === 'string' && Object.hasOwn(constants.signals, signal);
  if (isKnown && signal !== 'SIGKILL' && signal !== 'SIGSTOP') return;
  throw invalidOption(
    `shutdownOn() takes a signal that a process can handle, such as "SIGTERM", not ${quoted(signal)}`,
  );
}
