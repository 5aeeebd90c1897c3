import type { Model, Series } from './model.ts';
import type { Steps } from './steps.ts';

/** What all parts of the page show: one moment, one window, one selection. */
export interface View {
  readonly model: Model;
  /** The last place of the model's times that charts show. */
  at: number;
  /** The place under the pointer, counted from the first time ever. Undefined while the pointer is on no chart. */
  pointed: number | undefined;
  /** The points of every chart. */
  steps: Steps;
  /** Seconds before a moment that its rates, ratios and quantiles cover. */
  window: number;
  /** Whether a series belongs to the chosen methods. Series without a method always do. */
  chosen: (series: Series) => boolean;
  /** Changes when every chart has to choose its lines again. */
  epoch: number;
  /** Asks for everything to be drawn. */
  readonly ask: () => void;
}

/** Longest time that charts show, in seconds: as long as the service remembers. */
export const longestSpan = 600;

/** The place whose numbers the page shows: the one under the pointer, or the last one. */
export function placeShown({ model, at, pointed }: View): number {
  return pointed === undefined ? at : Math.max(0, Math.min(at, pointed - model.dropped));
}

/** Seconds that charts show. While little is known, not much more than that. */
export function spanOf({ model: { times }, at }: Pick<View, 'model' | 'at'>): number {
  return Math.min(longestSpan, Math.max(60, times[at]! - times[0]!));
}
