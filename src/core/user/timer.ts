/**
 * Starts a timer. Returns a function that stops it, calls `observe` with the seconds and its own arguments, and returns the seconds.
 * To stop it again calls nothing and returns the same seconds, so that two events of one end count once.
 */
export function startTimer<Given extends unknown[]>(
  clock: () => number,
  observe: (seconds: number, ...given: Given) => void,
): (...given: Given) => number {
  const started = clock();
  let seconds: number | undefined;
  return (...given) => {
    if (seconds === undefined) {
      seconds = clock() - started;
      observe(seconds, ...given);
    }
    return seconds;
  };
}
