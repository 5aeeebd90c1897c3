/** Numbers in a row, 8 bytes each. */
export class NumberList {
  #numbers = new Float64Array(16);
  #length = 0;

  /** Adds numbers. Returns the place of the first one. */
  push(...numbers: readonly number[]): number {
    const place = this.#length;
    this.#length += numbers.length;
    if (this.#length > this.#numbers.length) {
      const larger = new Float64Array(this.#numbers.length * 2);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers.set(numbers, place);
    return place;
  }

  at(place: number): number {
    return this.#numbers[place]!;
  }

  /** Replaces numbers from a place on. */
  put(place: number, ...numbers: readonly number[]): void {
    this.#numbers.set(numbers, place);
  }
}
