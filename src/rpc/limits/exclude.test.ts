import { expect, test } from 'vitest';
import { MetricsError } from '../../core/errors.ts';
import { excluder } from './exclude.ts';

const defaults = [
  'grpc.health.v1.Health',
  'grpc.reflection.v1.ServerReflection',
  'grpc.reflection.v1alpha.ServerReflection',
  'grpc.channelz.v1.Channelz',
];

const paths: [name: string, exclude: readonly string[] | undefined, path: string, excluded: boolean][] = [
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
  ...defaults.map((service): (typeof paths)[number] => [service, undefined, `/${service}/Method`, true]),
  ['a real service, by default', undefined, '/grpc.examples.echo.Echo/Say', false],
];
test.each(paths)('excludes: %s', (_name, exclude, path, excluded) => {
  expect(excluder({ exclude })(path)).toBe(excluded);
});

test.each(['', '/', '//', 'a.B/', 'a.B/C/', 'a.B/C/D', '//a.B', 'a B', ' a.B', 'a.B\n', 'a.B/C D'])(
  'excludes throws for %j',
  (name) => {
    const message = `exclude: ${JSON.stringify(name)} must be pkg.Service or pkg.Service/Method`;
    expect(() => excluder({ exclude: ['a.B', name] })).toThrow(new MetricsError('invalid_option', message));
    expect(() => excluder({ only: [name] })).toThrow(expect.objectContaining({ code: 'invalid_option' }));
  },
);

const choices: [name: string, choice: Parameters<typeof excluder>[0], path: string, excluded: boolean][] = [
  ['a service of only', { only: ['a.B'] }, '/a.B/C', false],
  ['what is not', { only: ['a.B'] }, '/a.C/C', true],
  ['a method of only', { only: ['a.B/C'] }, '/a.B/C', false],
  ['another one of its service', { only: ['a.B/C'] }, '/a.B/D', true],
  ['what is both', { only: ['a.B'], exclude: ['a.B/C'] }, '/a.B/C', true],
  ['its service', { only: ['a.B'], exclude: ['a.B/C'] }, '/a.B/D', false],
  ['an empty only', { only: [] }, '/a.B/C', true],
  ['health, by its name', { only: ['grpc.health.v1.Health'] }, '/grpc.health.v1.Health/Check', false],
  ['only is undefined', { only: undefined }, '/a.B/C', false],
];
test.each(choices)('only: %s', (_name, choice, path, excluded) => {
  expect(excluder(choice)(path)).toBe(excluded);
});
