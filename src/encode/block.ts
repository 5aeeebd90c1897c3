import type { Exemplar } from '../core/snapshot.ts';

/** What follows a value, where an exemplar is beside it. */
export type ExemplarText = ((exemplar: Exemplar) => string) | undefined;

/** The text of a value that is longer or shorter than before. */
interface Resized {
  readonly index: number;
  readonly bytes: Uint8Array;
}

const noBytes = new Uint8Array();

/**
 * Some lines of a scrape as bytes, and where the values are in them. It is gone through again and again: an item that is as before
 * costs a comparison for each of its values. An item is a series, or the head of a family.
 */
export class Block {
  /** The head of the family that its first item belongs to. */
  readonly #head: string;
  readonly #exemplarText: ExemplarText;
  readonly #names: string[] = [];
  readonly #forms: number[] = [];
  readonly #bounds: (readonly number[] | undefined)[] = [];
  /** Where the text of each item begins, in bytes, and which value is its first. */
  readonly #begins: number[] = [];
  readonly #firsts: number[] = [];
  readonly #values: number[] = [];
  /** Where the text of each value begins and ends, with that of its exemplar. */
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #exemplars = new Map<number, Exemplar>();
  /** As they were sent last: who sends them may go on doing so. */
  #bytes: Uint8Array = noBytes;
  /** The same with other values. */
  #copy: Uint8Array | undefined;
  #resized: Resized[] = [];
  /** What is added behind the bytes. */
  #text = '';
  #end = 0;
  /** The next item and the next value. */
  #item = 0;
  #value = 0;

  constructor(head: string, exemplarText: ExemplarText) {
    this.#head = head;
    this.#exemplarText = exemplarText;
  }

  /** The name of its first item. */
  get name(): string {
    return this.#names[0] ?? '';
  }

  /** Whether all of it has been gone through, and nothing was added. */
  get isAsBefore(): boolean {
    return this.#isAtEnd && this.#text === '';
  }

  /** Bytes up to where it is. */
  get length(): number {
    return this.#isAtEnd ? this.#end : this.#begins[this.#item]!;
  }

  /** Whether it begins with this item of this family. */
  isOf(head: string, name: string, form: number, bounds: readonly number[] | undefined): boolean {
    return this.#head === head && this.#is(0, name, form, bounds);
  }

  /** Goes back to its begin. */
  rewind(): void {
    this.#item = 0;
    this.#value = 0;
  }

  /** Goes to the next item if it is this one. */
  goTo(name: string, form: number, bounds: readonly number[] | undefined): boolean {
    if (!this.#is(this.#item, name, form, bounds)) return false;
    this.#item += 1;
    return true;
  }

  /** Adds an item here, in place of what has not been gone through. */
  add(name: string, form: number, bounds: readonly number[] | undefined): void {
    if (!this.#isAtEnd) this.#cut();
    this.#names.push(name);
    this.#forms.push(form);
    this.#bounds.push(bounds);
    this.#begins.push(this.#end);
    this.#firsts.push(this.#value);
    this.#item += 1;
  }

  text(text: string): void {
    this.#text += text;
    this.#end += Buffer.byteLength(text);
  }

  value(value: number, format: (value: number) => string, exemplar: Exemplar | undefined): void {
    const index = this.#value;
    this.#value += 1;
    if (index === this.#values.length) this.#addValue(value, format, exemplar);
    else if (!Object.is(value, this.#values[index]) || exemplar !== this.#exemplarAt(index)) {
      this.#change(index, value, format, exemplar);
    }
  }

  /** All of it as it is now. */
  finish(): Uint8Array {
    if (!this.#isAtEnd) this.#cut();
    this.#settle();
    if (this.#text !== '') this.#bytes = Buffer.concat([this.#bytes, Buffer.from(this.#text)]);
    this.#text = '';
    return this.#bytes;
  }

  get #isAtEnd(): boolean {
    return this.#item === this.#names.length;
  }

  #is(item: number, name: string, form: number, bounds: readonly number[] | undefined): boolean {
    return this.#names[item] === name && this.#forms[item] === form && this.#bounds[item] === bounds;
  }

  #exemplarAt(index: number): Exemplar | undefined {
    return this.#exemplars.size === 0 ? undefined : this.#exemplars.get(index);
  }

  #addValue(value: number, format: (value: number) => string, exemplar: Exemplar | undefined): void {
    const text = this.#textOf(value, format, exemplar);
    if (exemplar !== undefined) this.#exemplars.set(this.#values.length, exemplar);
    this.#values.push(value);
    this.#starts.push(this.#end);
    this.text(text);
    this.#ends.push(this.#end);
    this.text('\n');
  }

  #change(index: number, value: number, format: (value: number) => string, exemplar: Exemplar | undefined): void {
    this.#values[index] = value;
    if (exemplar === undefined) this.#exemplars.delete(index);
    else this.#exemplars.set(index, exemplar);
    const text = this.#textOf(value, format, exemplar);
    const start = this.#starts[index]!;
    if (text.length === this.#ends[index]! - start && exemplar === undefined) {
      this.#copy ??= new Uint8Array(this.#bytes); // `slice` of a Buffer is no copy
      for (let at = 0; at < text.length; at += 1) this.#copy[start + at] = text.charCodeAt(at);
    } else this.#resized.push({ index, bytes: Buffer.from(text) });
  }

  #textOf(value: number, format: (value: number) => string, exemplar: Exemplar | undefined): string {
    return exemplar === undefined ? format(value) : format(value) + this.#exemplarText!(exemplar);
  }

  /** Forgets what has not been gone through. */
  #cut(): void {
    this.#settle();
    this.#end = this.#begins[this.#item]!;
    this.#bytes = this.#bytes.subarray(0, this.#end);
    for (const list of [this.#names, this.#forms, this.#bounds, this.#begins, this.#firsts]) list.length = this.#item;
    for (const list of [this.#values, this.#starts, this.#ends]) list.length = this.#value;
  }

  /** Puts the changed values into the bytes. */
  #settle(): void {
    this.#bytes = this.#copy ?? this.#bytes;
    this.#copy = undefined;
    if (this.#resized.length > 0) this.#resize();
    this.#resized = [];
  }

  #resize(): void {
    const parts: Uint8Array[] = [];
    let from = 0;
    for (const { index, bytes } of this.#resized) {
      parts.push(this.#bytes.subarray(from, this.#starts[index]), bytes);
      from = this.#ends[index]!;
    }
    parts.push(this.#bytes.subarray(from));
    this.#bytes = Buffer.concat(parts);
    this.#shift();
  }

  /** Moves the places of items and values behind those that are longer or shorter than before. */
  #shift(): void {
    let [shift, next, item] = [0, 0, 0];
    for (let index = 0; index < this.#values.length; index += 1) {
      for (; this.#firsts[item]! <= index; item += 1) this.#begins[item]! += shift;
      const resized = this.#resized[next];
      this.#starts[index]! += shift;
      if (resized?.index === index) {
        shift += resized.bytes.length - (this.#ends[index]! + shift - this.#starts[index]!);
        next += 1;
      }
      this.#ends[index]! += shift;
    }
    for (; item < this.#begins.length; item += 1) this.#begins[item]! += shift;
    this.#end += shift;
  }
}
