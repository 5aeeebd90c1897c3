import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { UniversalServerResponse } from '@connectrpc/connect/protocol';
import { definedCode, status, statusNames } from '../../rpc/status.ts';
import { parseTimeout } from '../../rpc/timeout.ts';
import type { Framing } from '../body-messages.ts';

/** What differs between the protocols that Connect speaks. */
export interface Protocol {
  /** Whether each message is in an envelope. */
  readonly hasEnvelopes: boolean;
  /** The header that says how messages are compressed. */
  readonly encodingHeader: string;
  /** Flag of the envelope that ends an answer and is no message. */
  readonly endFlag: number;
  /** The timeout of a request in milliseconds; undefined for none. */
  readTimeout(header: Headers): number | undefined;
  /** The status of an answer. `end` is the content of the piece of its body that is no message. May throw for what it cannot read. */
  readStatus(response: UniversalServerResponse, end: string): number;
}

const grpc: Protocol = {
  hasEnvelopes: true,
  encodingHeader: 'grpc-encoding',
  endFlag: 0,
  readTimeout: (header) => parseTimeout(header.get('grpc-timeout') ?? ''),
  readStatus: ({ trailer }) => Number(trailer?.get('grpc-status') ?? status.UNKNOWN),
};

const grpcWeb: Protocol = {
  ...grpc,
  endFlag: 0x80,
  readStatus: (_response, end) => Number(/^grpc-status:\s*(\d+)/im.exec(end)?.[1] ?? status.UNKNOWN),
};

/** HTTP 200 is OK. The body of any other answer names the code, which the HTTP status blurs. */
const connectUnary: Protocol = {
  hasEnvelopes: false,
  encodingHeader: 'content-encoding',
  endFlag: 0,
  readTimeout: (header) => readMilliseconds(header.get('connect-timeout-ms')),
  readStatus: (response, end) => (response.status === 200 ? status.OK : readCode(JSON.parse(end))),
};

const connectStream: Protocol = {
  ...connectUnary,
  hasEnvelopes: true,
  encodingHeader: 'connect-content-encoding',
  endFlag: 0x02,
  readStatus(_response, end) {
    const { error } = JSON.parse(end) as { error?: unknown }; // Connect has written it
    return error === undefined ? status.OK : readCode(error);
  },
};

/** How messages are in a body with these headers. */
export function framingOf({ hasEnvelopes, encodingHeader }: Protocol, header: Headers | undefined): Framing {
  const encoding = header?.get(encodingHeader) ?? null;
  return { hasEnvelopes, encoding: encoding === 'identity' ? null : encoding };
}

/** By the start of the content type of the request, which the answer follows. A GET request of a unary call has none. */
export function protocolOf(header: Headers): Protocol {
  const type = header.get('content-type') ?? '';
  if (type.startsWith('application/grpc-web')) return grpcWeb;
  if (type.startsWith('application/grpc')) return grpc;
  return type.startsWith('application/connect+') ? connectStream : connectUnary;
}

/** Connect compresses what has 1 KiB and more: the end of an answer has that size only with long details. */
export function decompress(bytes: Uint8Array, encoding: string | null): string {
  if (encoding === 'gzip') return gunzipSync(bytes).toString();
  return (encoding === 'br' ? brotliDecompressSync(bytes) : Buffer.from(bytes)).toString();
}

function readMilliseconds(header: string | null): number | undefined {
  return header !== null && /^\d{1,10}$/.test(header) ? Number(header) : undefined;
}

/** Connect's names are gRPC's in lower case, but for one letter. */
function readCode(error: unknown): number {
  const { code } = error as { readonly code?: unknown }; // as above
  if (code === 'canceled') return status.CANCELLED;
  return definedCode(statusNames.findIndex((name) => name.toLowerCase() === code));
}
