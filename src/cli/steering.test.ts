import { expect, test } from 'vitest';
import { formatSafely, replaceSteering } from './steering.ts';

const texts: [name: string, text: string, shown: string][] = [
  ['plain', '/shop.v1.Orders/Größe 😀', '/shop.v1.Orders/Größe 😀'],
  ['escape sequences', '\u001B[2J\u009B2J\u007F\r\n', '�[2J�2J���'],
  ['the other direction', 'a\u202Eb\u2066c', 'a�b�c'],
  ['what cannot be seen', 'a\u200Bb\uFEFFc\u{E0041}', 'a�b�c�'],
  ['lines', 'a\u2028b\u2029c', 'a�b�c'],
  ['half a character', 'a\uD83Db', 'a�b'],
];
test.each(texts)('a terminal is not steered: %s', (_name, text, shown) => {
  expect(replaceSteering(text)).toBe(shown);
});

test.each(texts)('JSON says the same and steers nothing: %s', (_name, text) => {
  const value = { [text]: [text, 1] };
  for (const indent of [undefined, 2]) {
    const json = formatSafely(value, indent);
    expect(JSON.parse(json)).toEqual(value);
    expect(replaceSteering(json.replaceAll('\n', ''))).toBe(json.replaceAll('\n', ''));
  }
});
