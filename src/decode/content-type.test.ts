import { expect, test } from 'vitest';
import { contentTypeFault } from './content-type.ts';

const good: string[] = [
  'text/plain',
  'text/plain; version=0.0.4; charset=utf-8',
  'TEXT/PLAIN ; Version="0.0.4"',
  'text/plain;',
  'text/plain;charset=utf8;',
  'text/plain; charset=utf-16',
  'text/plain; a=b; a=b',
  'text/plain; a="b\\"c"',
  "text/plain; a*=utf-8''x",
  'application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8',
];
test.each(good)('Prometheus 3 reads %s', (contentType) => {
  expect(contentTypeFault(contentType)).toBe(undefined);
});

const bad: [contentType: string, fault: string][] = [
  ['', 'the answer has no Content-Type'],
  ['text/html; charset=utf-8', '"text/html; charset=utf-8" is neither text/plain nor application/openmetrics-text'],
  ['application/json', '"application/json" is neither'],
  ['text', '"text" is neither'],
  ['*/*', '"*/*" is neither'],
  ['application/openmetrics-text+x', 'is neither'],
  ['text/plain;version=0.0.4;;charset', 'is malformed: ";;charset" is no parameter'],
  ['text/plain; charset=utf-8; charset=iso-8859-1', 'is malformed: the parameter charset is there twice'],
  ['application/openmetrics-text; version=1.0.0;;', 'is malformed: ";;" is no parameter'],
  ['text/plain; charset', 'is malformed: "; charset" is no parameter'],
  ['text/plain; charset=', 'is malformed: "; charset=" is no parameter'],
  ['text/plain; charset="utf-8', 'is malformed'],
  ['text/plain; =x', 'is malformed'],
  ['text/plain; \u00E4=b', 'is malformed'],
  ['text/plain charset=utf-8', 'is malformed: " charset=utf-8" behind the type'],
  ['text/plain, text/plain', 'is malformed: ", text/plain" behind the type'],
  ['text/plain; a=b c', 'is malformed'],
  ['text/', 'is malformed: nothing behind text/'],
  ['/plain', 'is malformed: no type'],
  ['text /plain', 'is malformed: no / behind text'],
];
test.each(bad)('Prometheus 3 refuses %j', (contentType, fault) => {
  expect(contentTypeFault(contentType)).toContain(fault);
});
