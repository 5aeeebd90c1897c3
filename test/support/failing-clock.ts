/** A clock that throws whenever `fails` is true of the number of this reading, which starts at 1. */
export function failingClock(fails: (reading: number) => boolean): () => number {
  let reading = 0;
  return () => {
    reading += 1;
    if (fails(reading)) throw new Error('injected fault');
    return reading;
  };
}
