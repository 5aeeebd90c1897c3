import { expect, test } from 'vitest';
import { statusNames } from '../rpc/status.ts';
import { codeOf } from './status-text.ts';
import { goCodes } from './vocabularies/go.ts';

const codes = statusNames.map((_name, code) => code);

test('every spelling of every status is read', () => {
  expect(statusNames.map((name) => codeOf(name))).toEqual(codes);
  expect(goCodes.map((name) => codeOf(name))).toEqual(codes);
  expect(codes.map((code) => codeOf(String(code)))).toEqual(codes);
  expect(statusNames.map((name) => codeOf(name.toLowerCase()))).toEqual(codes);
  expect(statusNames.map((name) => codeOf(`StatusCode.${name}`))).toEqual(codes);
});

const others: [text: string, code: number | undefined][] = [
  ['canceled', 1],
  ['Cancelled', 1],
  ['Ok', 0],
  ['Code(17)', 2],
  ['CODE_42', 2],
  ['17', undefined],
  ['200', undefined],
  ['success', undefined],
  ['error', undefined],
  ['', undefined],
  ['constructor', undefined],
];
test.each(others)('another text: %s', (text, code) => {
  expect(codeOf(text)).toBe(code);
});
