/** The statuses that the framework answers by itself. */
export const codes = {
  ok: 0,
  cancelled: 1,
  deadlineExceeded: 4,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
} as const;

/** Ends a call with a status of its own. Every other error ends it with INTERNAL. */
export class StatusError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** The request is not gRPC: its answer is an HTTP status. */
export class NotGrpc extends Error {
  readonly httpStatus = 415;
}
