import { statusNames } from '../../../src/rpc/status.ts';
import type { Dialect, WireEnd } from '../../support/raw-client.ts';

/** The protocols that Connect serves, as raw clients speak them. */
export type Protocol = 'gRPC' | 'gRPC-Web' | 'Connect';

const headBytes = 5;

/** The content of the envelopes of a body that have this flag. */
function flagged(body: Buffer, flag: number): string {
  let found = '';
  for (let at = 0; at + headBytes <= body.length; ) {
    const end = at + headBytes + body.readUInt32BE(at + 1);
    if ((body[at]! & flag) !== 0) found += body.subarray(at + headBytes, end).toString();
    at = end;
  }
  return found;
}

const grpcWeb: Dialect = {
  headers: (_method, headers) => ({ 'content-type': 'application/grpc-web+proto', ...headers }),
  body: (framed) => framed,
  readEnd(_headers, body) {
    const code = /grpc-status:\s*(\d+)/i.exec(flagged(body, 0x80))?.[1];
    return code === undefined ? undefined : { status: Number(code) };
  },
};

/** Connect's codes are names. */
function ended(code: string | undefined): WireEnd {
  const name = code === 'canceled' ? 'CANCELLED' : (code?.toUpperCase() ?? 'OK');
  const status = (statusNames as readonly string[]).indexOf(name);
  return { status: status === -1 ? 2 : status }; // UNKNOWN, as Connect's clients read it
}

const connect: Dialect = {
  headers(method, { 'grpc-timeout': timeout, 'grpc-encoding': encoding, ...headers }) {
    const isUnary = method === 'Unary';
    return {
      'connect-protocol-version': '1',
      'content-type': isUnary ? 'application/proto' : 'application/connect+proto',
      ...(timeout !== undefined && { 'connect-timeout-ms': timeout.replace(/m$/, '') }),
      ...(encoding !== undefined && { [isUnary ? 'content-encoding' : 'connect-content-encoding']: encoding }),
      ...headers,
    };
  },
  body: (framed, method) => (method === 'Unary' ? framed.subarray(headBytes) : framed),
  readEnd(headers, body) {
    if (String(headers['content-type']).startsWith('application/connect+')) {
      const end = flagged(body, 0x02);
      return end === '' ? undefined : ended((JSON.parse(end) as { error?: { code: string } }).error?.code);
    }
    if (headers[':status'] === undefined || headers['content-type'] === undefined) return undefined;
    return Number(headers[':status']) === 200
      ? ended(undefined)
      : ended((JSON.parse(body.toString()) as { code: string }).code);
  },
};

export const dialects: Readonly<Record<Protocol, Dialect | undefined>> = {
  gRPC: undefined,
  'gRPC-Web': grpcWeb,
  Connect: connect,
};
