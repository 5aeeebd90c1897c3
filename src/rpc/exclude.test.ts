import { expect, test } from 'vitest';
import { MetricsError } from '../core/errors.ts';
import { defaultExclude, excludes } from './exclude.ts';

const paths: [name: string, exclude: readonly string[], path: string, excluded: boolean][] = [
  ['nothing is excluded', [], '/a.B/C', false],
  ['a service', ['a.B'], '/a.B/C', true],
  ['a service, with a slash', ['/a.B'], '/a.B/C', true],
  ['a service without a package', ['B'], '/B/C', true],
  ['a longer service', ['a.B'], '/a.Bc/C', false],
  ['a service in another package', ['B'], '/a.B/C', false],
  ['a package is no service', ['a'], '/a.B/C', false],
  ['a method', ['a.B/C'], '/a.B/C', true],
  ['a method, with a slash', ['/a.B/C'], '/a.B/C', true],
  ['another method of the service', ['a.B/C'], '/a.B/D', false],
  ['a longer method', ['a.B/C'], '/a.B/Cd', false],
  ['case counts', ['a.b'], '/a.B/C', false],
  ['one of several', ['a.B', 'c.D/E'], '/c.D/E', true],
  ['what is no path', ['unknown'], 'unknown', false],
  ...defaultExclude.map((service): (typeof paths)[number] => [service, defaultExclude, `/${service}/Method`, true]),
  ['a real service, by default', defaultExclude, '/grpc.examples.echo.Echo/Say', false],
];
test.each(paths)('excludes: %s', (_name, exclude, path, excluded) => {
  expect(excludes(exclude)(path)).toBe(excluded);
});

test.each(['', '/', '//', 'a.B/', 'a.B/C/', 'a.B/C/D', '//a.B', 'a B', ' a.B', 'a.B\n', 'a.B/C D'])(
  'excludes throws for %j',
  (name) => {
    const message = `exclude: ${JSON.stringify(name)} must be pkg.Service or pkg.Service/Method`;
    expect(() => excludes(['a.B', name])).toThrow(new MetricsError('invalid_option', message));
    expect(() => excludes(['a.B', name])).toThrow(expect.objectContaining({ code: 'invalid_option' }));
  },
);
