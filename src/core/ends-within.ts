/**
 * Resolves with `true` when `promise` does, and with `false` if that takes longer than `seconds`. Rejects as `promise` does. The
 * timer keeps the process alive meanwhile.
 */
export async function endsWithin(promise: Promise<unknown>, seconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), seconds * 1000);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
