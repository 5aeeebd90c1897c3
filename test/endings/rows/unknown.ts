import { framed, seen } from '../drives.ts';
import type { Drive, Row } from '../row.ts';

/** Makes the call of the row, then another request with these headers. */
function callThenPost(headers: Record<string, string>): Drive {
  return async (run) => {
    const raw = await run.raw();
    const wires: string[] = [];
    for (const more of [{}, headers]) {
      const stream = raw.open(run.method, more);
      stream.end(framed);
      wires.push(await seen(stream));
    }
    return wires;
  };
}

/** Requests that reach no handler and, in grpc-js, no interceptor. */
export const unknown: readonly Row[] = [
  {
    name: 'an unknown method',
    method: 'Unary',
    handler: 'answer',
    drive: callThenPost({ ':path': '/test.v1.Endings/Nope' }),
    wire: ['OK', 'UNIMPLEMENTED'],
    recorded: { 'Unary OK': 1, 'unknown UNIMPLEMENTED': 1 },
  },
  {
    name: 'an unknown service',
    method: 'Unary',
    handler: 'answer',
    drive: callThenPost({ ':path': '/no.Such/Thing' }),
    wire: ['OK', 'UNIMPLEMENTED'],
    recorded: { 'Unary OK': 1, 'unknown UNIMPLEMENTED': 1 },
  },
  {
    name: 'a wrong content type is not an RPC',
    method: 'Unary',
    handler: 'answer',
    drive: async (run) => [
      ...((await callThenPost({ 'content-type': 'text/plain' })(run)) as string[]),
      `${run.recorded.sum('rejected_total')} rejected`,
    ],
    wire: ['OK', 'HTTP 415', '1 rejected'],
    recorded: { 'Unary OK': 1 },
  },
];
