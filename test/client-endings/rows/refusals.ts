import { real } from '../backend-starts.ts';
import { call, callWith } from '../drives.ts';
import type { Row } from '../row.ts';

export const refusals: readonly Row[] = [
  { name: 'unary: the server refuses', method: 'Unary', backend: real('refuse'), drive: call, seen: 'NOT_FOUND' },
  {
    name: 'server stream: the server refuses',
    method: 'ServerStream',
    backend: real('refuse'),
    drive: call,
    seen: 'NOT_FOUND',
  },
  {
    name: 'server stream: the server refuses after a message',
    method: 'ServerStream',
    backend: real('streamOneThenRefuse'),
    drive: call,
    seen: 'NOT_FOUND',
  },
  {
    name: 'client stream: the server refuses',
    method: 'ClientStream',
    backend: real('refuse'),
    drive: call,
    seen: 'NOT_FOUND',
  },
  {
    name: 'bidi: the server refuses',
    method: 'Bidi',
    backend: real('refuse'),
    drive: async ({ application, method }) => application.start(method).status,
    seen: 'NOT_FOUND',
  },
  { name: 'the handler throws', method: 'Unary', backend: real('throwTypeError'), drive: call, seen: 'UNKNOWN' },
  { name: 'declared but not implemented', method: 'Unary', backend: real(), drive: call, seen: 'UNIMPLEMENTED' },
  {
    name: 'a method that the server does not have',
    method: 'Unary',
    backend: real('answer'),
    drive: callWith({ path: '/no.Such/Thing' }),
    seen: { '/no.Such/Thing UNIMPLEMENTED': 1 },
  },
];
