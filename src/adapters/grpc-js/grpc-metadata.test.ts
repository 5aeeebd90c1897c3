import * as newest from '@grpc/grpc-js';
import * as oldest from 'grpc-js-1-10';
import { describe, expect, test } from 'vitest';
import { GrpcMetadata } from './grpc-metadata.ts';

describe.each([
  ['1.10', oldest.Metadata],
  ['1.14', newest.Metadata],
])('metadata of grpc-js %s', (_version, Metadata) => {
  const raw = new Metadata();
  raw.add('x-tenant', 'acme');
  raw.add('x-tenant', 'second');
  raw.add('x-trace-bin', Buffer.from([0, 255]));
  const metadata = new GrpcMetadata(raw);

  const reads: [name: string, first: string | undefined, all: string[]][] = [
    ['x-tenant', 'acme', ['acme', 'second']],
    ['X-Tenant', 'acme', ['acme', 'second']],
    ['x-trace-bin', 'AP8=', ['AP8=']],
    ['x-none', undefined, []],
  ];
  test.each(reads)('%s', (name, first, all) => {
    expect(metadata.get(name)).toBe(first);
    expect(metadata.getAll(name)).toEqual(all);
  });

  test('the object of the framework is there, too', () => {
    expect(metadata.raw).toBe(raw);
  });
});
