import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { statusFamilies } from '../../src/naming/status-family.ts';
import { familyOf, statusStroke } from '../../src/page/strokes.ts';

const css = readFileSync(new URL('../../src/page/colors.css', import.meta.url), 'utf8');

/** The colours of a theme, by variable. */
function theme(selector: string): Readonly<Record<string, string>> {
  const [, block = ''] = new RegExp(`${selector.replace('.', '\\.')} \\{([^}]*)\\}`).exec(css) ?? [];
  return Object.fromEntries(Array.from(block.matchAll(/--(\w+): (#\w+);/g), ([, name, value]) => [name, value]));
}
const themes = { dark: theme(':root'), light: theme(':root.light') };

type Vector = readonly [number, number, number];
type Matrix = readonly [Vector, Vector, Vector];

/** What is seen with a kind of colour blindness, in linear RGB. Source: Machado, Oliveira and Fernandes 2009, severity 1. */
const sights: Readonly<Record<string, Matrix>> = {
  'all colours': [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  'no red': [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  'no green': [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  'no blue': [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

function times(matrix: Matrix, [x, y, z]: Vector): Vector {
  return matrix.map(([a, b, c]) => a * x + b * y + c * z) as unknown as Vector; // as many as the matrix has rows
}

function linear(color: string): Vector {
  const long = color.length === 4 ? color.replace(/[^#]/g, '$&$&') : color;
  return [1, 3, 5].map((at) => {
    const value = Number.parseInt(long.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as unknown as Vector;
}

/** Source: https://bottosson.github.io/posts/oklab/ */
function oklab(rgb: Vector): Vector {
  const cones = times(
    [
      [0.4122214708, 0.5363325363, 0.0514459929],
      [0.2119034982, 0.6806995451, 0.1073969566],
      [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    rgb,
  ).map(Math.cbrt) as unknown as Vector;
  return times(
    [
      [0.2104542553, 0.793617785, -0.0040720468],
      [1.9779984951, -2.428592205, 0.4505937099],
      [0.0259040371, 0.7827717662, -0.808675766],
    ],
    cones,
  );
}

function distance(one: string, other: string, sight: Matrix): number {
  const [a, b] = [one, other].map((color) => {
    const seen = times(sight, linear(color)).map((part) => Math.min(1, Math.max(0, part)));
    return oklab(seen as unknown as Vector);
  }) as [Vector, Vector];
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/** WCAG's ratio of two colours. */
function contrast(one: string, other: string): number {
  const [low, high] = [one, other]
    .map(
      (color) =>
        times(
          [
            [0.2126, 0.7152, 0.0722],
            [0, 0, 0],
            [0, 0, 0],
          ],
          linear(color),
        )[0],
    )
    .toSorted((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** The colours of lines that are not of a status. The one that is missing here is the colour of quiet text. */
function lines(colors: Readonly<Record<string, string>>): string[] {
  return Array.from({ length: 8 }, (_, index) => colors[`c${index}`] ?? colors.dim!);
}

const families = ['ok', 'caller', 'cancelled', 'fault'];

test('the checks see what is wrong', () => {
  expect(contrast('#fff', '#000000')).toBeCloseTo(21);
  expect(distance('#b07d00', '#e0301e', sights['no green']!)).toBeLessThan(0.1); // amber and red
  expect(distance('#b07d00', '#e0301e', sights['all colours']!)).toBeGreaterThan(0.1);
});

for (const [name, colors] of Object.entries(themes)) {
  test.each(Object.keys(sights))(
    `the families of statuses are told apart in the ${name} theme by who sees: %s`,
    (sight) => {
      for (const [index, one] of families.entries()) {
        for (const other of families.slice(index + 1)) {
          // Twice what two lines side by side need: https://www.w3.org/TR/css-color-4/#color-difference-OK
          expect(distance(colors[one]!, colors[other]!, sights[sight]!), `${one}, ${other}`).toBeGreaterThan(0.1);
        }
      }
    },
  );

  test(`in the ${name} theme lines have a contrast of 3, and text of 4.5`, () => {
    for (const family of families) expect(contrast(colors[family]!, colors.card!), family).toBeGreaterThan(3);
    for (const line of lines(colors)) expect(contrast(line, colors.card!), line).toBeGreaterThan(3);
    for (const [text, ground] of [
      ['text', 'card'],
      ['dim', 'card'],
      ['dim', 'bg'],
      ['past', 'bg'],
      ['fault', 'card'],
      ['fault', 'alarm'],
      ['text', 'alarm'],
    ] as const) {
      expect(contrast(colors[text]!, colors[ground]!), `${text} on ${ground}`).toBeGreaterThan(4.5);
    }
  });

  test(`no other line has a colour like that of faults in the ${name} theme`, () => {
    for (const line of lines(colors)) {
      expect(distance(colors.fault!, line, sights['all colours']!), line).toBeGreaterThan(0.15);
    }
  });
}

test('a status has one colour, that of its family, and dashes of its own among four', () => {
  expect(statusStroke('OK', statusFamilies)).toEqual({ color: 'ok', dash: [] });
  expect(statusStroke('INTERNAL', statusFamilies).color).toBe('fault');
  const faults = ['UNKNOWN', 'DEADLINE_EXCEEDED', 'UNIMPLEMENTED', 'INTERNAL'];
  expect(new Set(faults.map((status) => String(statusStroke(status, statusFamilies).dash))).size).toBe(4);
});

test.each(['constructor', '__proto__', 'E_MADE_UP', ''])(
  '%j, which gRPC does not define, is an error of the caller',
  (status) => {
    expect(familyOf(status, statusFamilies)).toBe('caller');
    expect(statusStroke(status, statusFamilies)).toEqual({ color: 'caller', dash: [] });
  },
);
