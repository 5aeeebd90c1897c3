import { assert, integer, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import type { Row } from './rows.ts';
import { formatTable } from './table.ts';
import { cutEnd, cutStart, padEnd, padStart, widthOf } from './width.ts';

const cuts: [name: string, text: string, width: number, start: string, end: string][] = [
  ['plain', '/pkg.Service/Method', 10, '…ce/Method', '/pkg.Servi'],
  ['short enough', '/a', 10, '/a', '/a'],
  ['just short enough', '/注文', 5, '/注文', '/注文'],
  ['wide', '/日本/注文', 6, '…/注文', '/日本/'],
  ['half of a wide one has no room', '/日本/注文', 5, '…注文', '/日本'],
  ['an emoji, and what belongs to it', '/a👍🏽b', 4, '…b', '/a'],
  ['a flag', '/a🇩🇪b', 3, '…b', '/a'],
  ['marks', 'e\u0301e\u0301e\u0301', 2, '…e\u0301', 'e\u0301e\u0301'],
  ['a syllable in parts', '\u1112\u1161\u11AB\u1112\u1161\u11AB', 3, '…\u1112\u1161\u11AB', '\u1112\u1161\u11AB'],
];
test.each(cuts)('a cut is between what are characters to a reader: %s', (_name, text, width, start, end) => {
  expect([cutStart(text, width), cutEnd(text, width)]).toEqual([start, end]);
});

const widths: [name: string, text: string, width: number][] = [
  ['nothing', '', 0],
  ['skin, as terminals without its colours have it', '👍🏽', 4],
  ['text that is to be emoji', '❤\uFE0F', 1],
  ['keycap', '1\uFE0F\u20E3', 1],
  ['half a flag', '🇩', 1],
  ['a mark alone', '\u0301', 0],
];
test.each(widths)('widths on which terminals do not agree are those of wcwidth(): %s', (_name, text, width) => {
  expect(widthOf(text)).toBe(width);
});

test('what is cut or filled up has the width that it is to have', () => {
  const width = integer({ min: 1, max: 12 });
  assert(
    property(string({ unit: 'grapheme', maxLength: 20 }), width, (text, columns) => {
      for (const cut of [cutStart(text, columns), cutEnd(text, columns)]) {
        expect(widthOf(cut)).toBeLessThanOrEqual(columns);
        expect(widthOf(padEnd(cut, columns))).toBe(columns);
        expect(widthOf(padStart(cut, columns))).toBe(columns);
      }
      expect(text.startsWith(cutEnd(text, columns))).toBe(true);
      expect(text.endsWith(cutStart(text, columns).slice(1))).toBe(true);
    }),
  );
});

const row = (method: string): Row => ({
  side: 'server',
  method,
  ratePerSecond: 0,
  errorRatio: null,
  p50: null,
  p95: null,
  p99: null,
  inFlight: null,
});

test('columns are below each other by width', () => {
  const methods = ['/shop.v1.Orders/Get', '/店舗.v1/注文', '/한국/주문', '/e\u0301te\u0301/Say', '/😀/👍🏽'];
  for (const columns of [Infinity, 60, 40, 30]) {
    const lines = formatTable(methods.map(row), { columns });
    const ends = lines.map((line) => widthOf(/^.*(RATE\/s|0\.00)/.exec(line)![0]));
    expect(new Set(ends).size).toBe(1);
  }
});

const letters: [name: string, letter: string][] = [
  ['plain', 'a'],
  ['wide', '日'],
  ['one character with a million marks', '\u0301'],
];
test.each(letters)('a name twenty times as long does not take four hundred times as long: %s', (_name, letter) => {
  const [short, long] = [1e5, 2e6].map((length) => row(`/${letter.repeat(length)}/Say`)) as [Row, Row];
  const time = (one: Row) => {
    const start = performance.now();
    expect(formatTable([one], { columns: 40 })[1]).toMatch(/^….*\/Say +0\.00( +-)+$/);
    return performance.now() - start;
  };
  // By turns, so that whatever else the machine does meets both; the best of each, which it met least.
  const times = Array.from({ length: 5 }, () => [time(short), time(long)] as const);
  const best = (index: 0 | 1) => Math.min(...times.map((pair) => pair[index]));
  expect(best(1)).toBeLessThan(100 * Math.max(best(0), 0.05));
});
