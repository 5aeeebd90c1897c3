/** Makes the error that test runners show with a difference. `node:assert` is loaded only now: it opens a pipe on standard input. */
export async function assertionError(message: string, actual: unknown, expected: unknown): Promise<Error> {
  const { AssertionError } = await import('node:assert');
  return new AssertionError({ message, actual, expected });
}
