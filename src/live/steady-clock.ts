/**
 * Seconds since 1970 that never fall: the time of day, from then on by the monotonic clock. A time of day that is ahead of it by more than
 * a second is followed: the monotonic clock stands still while the machine sleeps. One that was put back is not.
 */
export function steadyClock(
  wall: () => number = () => Date.now() / 1000,
  monotonic: () => number = () => performance.now() / 1000,
): () => number {
  let offset = wall() - monotonic();
  return () => {
    const now = monotonic();
    if (wall() - now > offset + 1) offset = wall() - now;
    return now + offset;
  };
}
