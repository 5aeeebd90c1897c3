import { silent } from '../../support/network-faults.ts';
import { nobody, proxied, real } from '../backend-starts.ts';
import { callOpen, callUntilDeadline } from '../drives.ts';
import type { Row } from '../row.ts';

export const deadlines: readonly Row[] = [
  {
    name: 'unary: the deadline passes while the server works',
    method: 'Unary',
    backend: real('hold'),
    drive: callUntilDeadline,
    seen: 'DEADLINE_EXCEEDED',
    atLeastSeconds: 0.08, // a timer may be early
  },
  {
    name: 'unary: the deadline has passed already',
    method: 'Unary',
    backend: real('answer'),
    drive: callOpen({ deadlineSeconds: -1 }),
    seen: 'DEADLINE_EXCEEDED',
    attempts: {},
  },
  {
    name: 'server stream: the deadline passes after a message',
    method: 'ServerStream',
    backend: real('streamOneThenHold'),
    drive: callUntilDeadline,
    seen: 'DEADLINE_EXCEEDED',
  },
  {
    name: 'server stream: the deadline has passed already',
    method: 'ServerStream',
    backend: real('streamTwo'),
    drive: callOpen({ deadlineSeconds: -1 }),
    seen: 'DEADLINE_EXCEEDED',
    attempts: {},
  },
  {
    name: 'client stream: the deadline passes before it is ended',
    method: 'ClientStream',
    backend: real('collect'),
    drive: callUntilDeadline,
    seen: 'DEADLINE_EXCEEDED',
  },
  {
    name: 'bidi: the deadline passes',
    method: 'Bidi',
    backend: real('echo'),
    drive: callUntilDeadline,
    seen: 'DEADLINE_EXCEEDED',
  },
  {
    name: 'the deadline passes while it waits for a server that is not there',
    method: 'Unary',
    backend: nobody,
    drive: callOpen({ waitForReady: true, deadlineSeconds: 0.5 }),
    seen: 'DEADLINE_EXCEEDED',
  },
  {
    name: 'the deadline passes while a connection is open that says nothing',
    method: 'Unary',
    backend: proxied('answer', silent),
    drive: callOpen({ deadlineSeconds: 0.5 }),
    seen: 'DEADLINE_EXCEEDED',
  },
];
