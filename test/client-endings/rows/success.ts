import { slow } from '../../support/network-faults.ts';
import { proxied, real } from '../backend-starts.ts';
import { call, start } from '../drives.ts';
import type { Row } from '../row.ts';

export const success: readonly Row[] = [
  { name: 'unary: OK', method: 'Unary', backend: real('answer'), drive: call, seen: 'OK' },
  { name: 'server stream: OK', method: 'ServerStream', backend: real('streamTwo'), drive: call, seen: 'OK' },
  { name: 'client stream: OK', method: 'ClientStream', backend: real('collect'), drive: call, seen: 'OK' },
  { name: 'bidi: OK', method: 'Bidi', backend: real('echo'), drive: call, seen: 'OK' },
  {
    name: 'many at once: OK',
    method: 'Unary',
    backend: real('answer'),
    drive: (run) => Promise.all(Array.from({ length: 50 }, () => start(run).status)),
    seen: { 'Unary OK': 50 },
  },
  {
    name: 'through a slow network: OK',
    method: 'Unary',
    backend: proxied('answer', slow),
    drive: call,
    seen: 'OK',
    atLeastSeconds: 0.05,
  },
];
