import { emitWarning, type MetricsLogger } from '../core/logger.ts';
import type { LogLevel } from './settings.ts';

/** Prints what a registered process has to say, on standard error. Never throws. */
export interface Log {
  warn(message: string): void;
  info(message: string): void;
  /** For the library's own warnings. Undefined is its default. */
  readonly logger: MetricsLogger | undefined;
}

const nothing = (): void => {};

/** The log of a level. */
export function createLog(level: LogLevel = 'warn'): Log {
  if (level === 'silent') return { warn: nothing, info: nothing, logger: { warn: nothing } };
  return {
    warn: (message) => emitWarning(message, {}),
    // `console` ignores a standard error that is closed.
    info: level === 'info' ? (message) => console.error(`grpc-vitals: ${message}`) : nothing,
    logger: undefined,
  };
}
