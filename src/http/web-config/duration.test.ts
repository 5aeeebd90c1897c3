import { expect, test } from 'vitest';
import { parseDuration } from './duration.ts';

const rows: [text: string, seconds: number | undefined][] = [
  ['1s', 1],
  ['500ms', 0.5],
  ['1h2m3.5s', 3723.5],
  ['.5s', 0.5],
  ['1.s', 1],
  ['10us', 1e-5],
  ['10\u00b5s', 1e-5],
  ['7ns', 7e-9],
  ['-1s', -1],
  ['+1s', 1],
  ['0', 0],
  ['-0', 0],
  ['', undefined],
  ['-', undefined],
  ['10', undefined],
  ['1d', undefined],
  ['1 s', undefined],
  ['s', undefined],
  ['1s-1s', undefined],
  ['1,5s', undefined],
  ['1s ', undefined],
];
test.each(rows)('the duration %j is %s', (text, seconds) => {
  const parsed = parseDuration(text);
  if (seconds === undefined) expect(parsed).toBeUndefined();
  else expect(parsed).toBeCloseTo(seconds, 12);
});
