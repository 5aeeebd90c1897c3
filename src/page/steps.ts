import type { Model } from './model.ts';

/** The points of a chart. */
export interface Steps {
  /** Seconds between two points. */
  readonly seconds: number;
  /** Places of the model's times, increasing. The last one is the moment that is shown. */
  readonly places: readonly number[];
}

const lengths = [5, 10, 15];

/** A frame comes a little late, and may still be the one of its step. */
const lateness = 1.3;

/** Share of the time that frames must cover at the distance of a step. The rest may be a pause, or an event loop that was blocked. */
const usual = 0.9;

/**
 * Even steps through the last `span` seconds before a place.
 *
 * The service sends a frame every second while somebody looks, and every 5 s or less often while nobody does. A chart
 * with a point for each frame would change its look at the moment when the page was opened, as if something had happened
 * then. So all charts have the same distance between points before and after. Gaps have points of their own.
 */
export function stepsOf({ times, gaps }: Pick<Model, 'times' | 'gaps'>, at: number, span: number): Steps {
  let first = at;
  while (first > 0 && times[first - 1]! >= times[at]! - span) first -= 1;
  const seconds = lengthOf(times, gaps, first, at);
  const step = (place: number) => Math.floor(times[place]! / seconds);
  const places: number[] = [];
  for (let place = first; place <= at; place += 1) {
    const isLast = place === at || gaps[place] || gaps[place + 1] || step(place + 1) !== step(place);
    if (isLast) places.push(place);
  }
  return { seconds, places };
}

function lengthOf(times: readonly number[], gaps: readonly boolean[], first: number, at: number): number {
  const distances: number[] = [];
  for (let place = first + 1; place <= at; place += 1) {
    if (!gaps[place] && !gaps[place - 1]) distances.push(times[place]! - times[place - 1]!);
  }
  distances.sort((one, other) => one - other);
  const all = distances.reduce((sum, distance) => sum + distance, 0);
  let covered = 0;
  const longest = distances.find((distance) => {
    covered += distance;
    return covered >= all * usual;
  });
  return lengths.find((length) => (longest ?? 0) <= length * lateness) ?? lengths.at(-1)!;
}
