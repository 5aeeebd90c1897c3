import { invalidOption } from './errors.ts';
import { quoted } from './printable.ts';

/** What a warning is about. */
export interface WarningDetails {
  /** The part of the library that failed, as in `grpc_vitals_errors_total{stage}`. */
  readonly stage?: string;
  /** The limit that was reached, as in `grpc_vitals_series_dropped_total{limit}`. */
  readonly limit?: string;
  /** The metric or label that the warning is about. */
  readonly subject?: string;
  /** What was thrown. */
  readonly error?: unknown;
}

/**
 * Receives the library's warnings. `console` is one, and most loggers are. For pino, whose details come first:
 *
 * ```ts
 * new GrpcMetrics({ logger: { warn: (message, details) => log.warn(details, message) } });
 * ```
 */
export interface MetricsLogger {
  /** The library ignores what this returns, throws or rejects with. */
  warn(message: string, details: WarningDetails): unknown;
}

/** Gives a warning. May throw. */
export type Warn = (message: string, details: WarningDetails) => void;

/** Returns a function that warns through the logger. Throws `invalid_option` for an object without `warn`. */
export function warnThrough(logger: MetricsLogger | undefined): Warn {
  if (logger === undefined) return emitWarning;
  const given = logger as Partial<MetricsLogger> | null; // JavaScript may give anything
  if (typeof given?.warn !== 'function') {
    throw invalidOption(`logger must have a method warn(message, details), as console has, not ${quoted(given)}`);
  }
  return (message, details) => {
    // An async function can reject, which nobody else would handle.
    Promise.resolve(logger.warn(message, details)).catch(() => {});
  };
}

/** The default: a warning of the process, with the stack of an error below it. */
export function emitWarning(message: string, { error }: WarningDetails): void {
  const stack = error instanceof Error ? error.stack : undefined;
  process.emitWarning(message, { type: 'GrpcVitalsWarning', ...(stack !== undefined && { detail: stack }) });
}
