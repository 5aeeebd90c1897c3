/** Resolves when `condition` is true. Rejects after five seconds; `what` says why. */
export async function until(condition: () => boolean, what: () => string): Promise<void> {
  const patience = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > patience) throw new Error(`waited in vain: ${what()}`);
    await sleep(5);
  }
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
