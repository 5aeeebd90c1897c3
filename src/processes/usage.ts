/** On a process with a `GrpcMetrics`. Every copy of this package in it uses the same symbol, whatever its version. */
const isUsedSymbol: unique symbol = Symbol.for('grpc-vitals.used');

/** Notes that the program has a `GrpcMetrics`. The note stays as long as the process. */
export function noteUse(): void {
  if (!isUsed()) Object.defineProperty(globalThis, isUsedSymbol, { value: true, configurable: true });
}

/** Whether a `GrpcMetrics` was ever made in this process. `grpc-vitals/register` then leaves it to the program. */
export function isUsed(): boolean {
  return isUsedSymbol in globalThis;
}
