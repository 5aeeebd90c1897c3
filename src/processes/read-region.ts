import { check } from './lines.ts';

/** A region of values as a reader has it. */
export class ReadRegion {
  readonly start: number;
  /** As they are in the file. */
  readonly values: Float64Array;
  /** As they were accepted. */
  readonly accepted: Float64Array;
  /** 1 for each slot that never falls. */
  readonly grows: Uint8Array;
  #slots = 0;
  #used: Float64Array;

  /** `start` and `slots` in slots. */
  constructor(start: number, slots: number) {
    this.start = start;
    this.values = new Float64Array(slots);
    this.accepted = new Float64Array(slots);
    this.grows = new Uint8Array(slots);
    this.#used = this.values.subarray(0, 0);
  }

  /** The values up to the last one that a row or a cell has. */
  get used(): Float64Array {
    if (this.#used.length !== this.#slots) this.#used = this.values.subarray(0, this.#slots);
    return this.#used;
  }

  /** So many slots are in use. */
  use(slots: number): void {
    if (slots > this.#slots) this.#slots = slots;
  }

  /** A row of zeros begins; its first `growing` values never fall. */
  begin(from: number, size: number, growing: number): void {
    this.use(from + size);
    this.accepted.fill(0, from, from + size);
    this.grows.fill(1, from, from + growing);
  }

  /** What was read of these slots is not theirs: they keep what they had. */
  keep(from: number, size: number): void {
    this.values.set(this.accepted.subarray(from, from + size), from);
  }

  /** Takes the values. A sum that is smaller than before was read wrong: the one before stays. */
  accept(): void {
    const { used, accepted, grows } = this;
    for (let slot = 0; slot < used.length; slot += 1) {
      const value = used[slot]!;
      if (grows[slot] === 0 || value > accepted[slot]!) accepted[slot] = value;
    }
  }
}

/** The region that has a slot. Throws `UnreadableBook` if none has. */
export function regionOf(regions: readonly ReadRegion[], slot: number): ReadRegion {
  const region = regions.find(({ start, values }) => slot >= start && slot < start + values.length);
  check(region !== undefined);
  return region;
}
