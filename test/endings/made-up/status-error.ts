/** An error with a status. Other errors are UNKNOWN. */
export class StatusError extends Error {
  readonly code: number;

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
