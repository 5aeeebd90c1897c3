/** What went wrong, for programs: stable across releases. */
export type MetricsErrorCode =
  | 'invalid_name'
  | 'invalid_label'
  | 'invalid_buckets'
  | 'invalid_option'
  | 'invalid_web_config'
  | 'metric_conflict'
  | 'unknown_metric'
  | 'already_bound'
  | 'already_instrumented'
  | 'already_closed'
  | 'unsupported_server'
  | 'unsupported_client'
  | 'port_in_use'
  | 'listen_failed';

/**
 * Thrown while metrics are being declared, attached or served, never while a call is being recorded:
 * a mistake must stop the process at start-up and must not fail an RPC later.
 */
export class MetricsError extends Error {
  override readonly name = 'MetricsError';
  readonly code: MetricsErrorCode;

  constructor(code: MetricsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** An error with the code `invalid_option`. */
export function invalidOption(message: string): MetricsError {
  return new MetricsError('invalid_option', message);
}
