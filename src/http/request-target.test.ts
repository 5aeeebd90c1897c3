import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { authorityOf, pathOf } from './request-target.ts';

const request = (url: string | undefined, host?: string) => ({ url, headers: { host } }) as IncomingMessage; // as far as it is read

const targets: [url: string | undefined, path: string, authority: string][] = [
  [undefined, '', 'own'],
  ['/', '/', 'own'],
  ['/metrics', '/metrics', 'own'],
  ['/metrics?name[]=a?b', '/metrics', 'own'],
  ['/metrics#x', '/metrics', 'own'],
  ['//metrics', '//metrics', 'own'],
  ['/http://other/x', '/http://other/x', 'own'],
  ['http://other/metrics', '/metrics', 'other'],
  ['HTTP://Other:8000/metrics?x=/y', '/metrics', 'Other:8000'],
  ['https://[::1]:8000/live', '/live', '[::1]:8000'],
  ['http://other', '/', 'other'],
  ['http://other?x', '/', 'other'],
  ['http://other/', '/', 'other'],
  ['http:///metrics', '/metrics', ''],
  ['ftp://other/metrics', 'ftp://other/metrics', 'own'],
  ['*', '*', 'own'],
];
test.each(targets)('the target %j asks for %j at %j', (url, path, authority) => {
  expect(pathOf(request(url, 'own'))).toBe(path);
  expect(authorityOf(request(url, 'own'))).toBe(authority);
});

test('without a Host header there is none', () => {
  expect(authorityOf(request('/metrics'))).toBe('');
});
