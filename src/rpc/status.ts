/** gRPC's status names by code. Source: https://github.com/grpc/grpc/blob/master/doc/statuscodes.md */
export const statusNames = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;
export type GrpcStatusName = (typeof statusNames)[number];

export const status = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  DEADLINE_EXCEEDED: 4,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
} as const;

/**
 * The statuses that say the server failed, not its caller.
 * Source: OpenTelemetry's semantic conventions for gRPC spans, server side.
 */
export const serverFaults: readonly number[] = [
  status.UNKNOWN,
  status.DEADLINE_EXCEEDED,
  status.UNIMPLEMENTED,
  status.INTERNAL,
  status.UNAVAILABLE,
  status.DATA_LOSS,
];

/** The code as every gRPC client reads it: one that gRPC does not define is UNKNOWN, as is what is no number at all. */
export function definedCode(code: number): number {
  return typeof code !== 'number' || statusNames[code] === undefined ? status.UNKNOWN : code;
}
