import { expect, test } from 'vitest';
import type { Body } from './compressed.ts';
import { type Occupant, Places } from './places.ts';

const megabytes = (count: number): Body => ({ chunks: [], length: count * 1024 * 1024, size: 0 });

/** An answer with this body, if any, of which nothing was read for so many seconds. */
class Answering implements Occupant {
  isCut = false;
  readonly body: Body | undefined;
  readonly unreadSeconds: number;

  constructor(unreadSeconds = 0, body?: Body) {
    this.unreadSeconds = unreadSeconds;
    this.body = body;
  }

  cutOff(): void {
    this.isCut = true;
  }
}

const shared = megabytes(60);
const rows: [name: string, answers: Answering[], hasRoom: boolean, cut: number[]][] = [
  ['none', [], true, []],
  ['one less than there are places', [new Answering(), new Answering()], true, []],
  ['all are being rendered', [new Answering(), new Answering(), new Answering()], false, []],
  ['all were read just now', [new Answering(0.5), new Answering(0.9), new Answering(0)], false, []],
  ['one is not read', [new Answering(0), new Answering(1.5), new Answering(0)], true, [1]],
  ['several are not read', [new Answering(2), new Answering(4), new Answering(3)], true, [1]],
  ['one that holds much', [new Answering(4, megabytes(500))], true, []],
  ['two that share what they hold', [new Answering(4, shared), new Answering(4, shared)], true, []],
  ['two that hold much', [new Answering(2, megabytes(70)), new Answering(3, megabytes(80))], true, [1]],
  ['two that hold much and are read', [new Answering(0, megabytes(70)), new Answering(0, megabytes(80))], false, []],
  ['two that hold little', [new Answering(4, megabytes(60)), new Answering(4, megabytes(90))], true, []],
];
test.each(rows)('three places: %s', (_name, answers, hasRoom, cut) => {
  const places = new Places(3);
  for (const answer of answers) places.take(answer);
  expect(places.makeRoom()).toBe(hasRoom);
  expect(answers.flatMap(({ isCut }, index) => (isCut ? [index] : []))).toEqual(cut);
});

test('a place is free when its answer has left or was cut off', () => {
  const places = new Places(1);
  const first = new Answering();
  places.take(first);
  expect(places.makeRoom()).toBe(false);
  places.leave(first);
  expect(places.makeRoom()).toBe(true);
  const second = new Answering(2);
  places.take(second);
  expect(places.makeRoom()).toBe(true);
  places.leave(second);
  places.take(new Answering());
  expect(places.makeRoom()).toBe(false);
});
