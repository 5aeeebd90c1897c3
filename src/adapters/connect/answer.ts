import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { definedCode, status, statusNames } from '../../rpc/status.ts';
import { sizeBeforeGzip, sizeInEnvelope } from '../envelopes.ts';
import type { UniversalResponse } from './types.ts';

/** Reads an answer of Connect as it is sent. A piece of its body is one envelope, or the only message of a unary call of Connect. */
export interface AnswerReader {
  /** Whether the piece is a message, and its size where that is known. */
  read(piece: Uint8Array): { readonly size: number | undefined } | undefined;
  /** The status of the call, when the body has ended. May throw for what it cannot read. */
  readStatus(): number;
}

/** Flags of the envelope that is no message and ends a stream. */
const grpcWebTrailer = 0x80;
const connectEnd = 0x02;

/** By the content type of the answer, which the request has chosen. */
export function createAnswerReader({ status: httpStatus, header, trailer }: UniversalResponse): AnswerReader {
  const type = header?.get('content-type') ?? '';
  if (type.startsWith('application/grpc-web')) {
    return readEnvelopes(header, 'grpc-encoding', grpcWebTrailer, (end) =>
      Number(/^grpc-status:\s*(\d+)/im.exec(end)?.[1] ?? status.UNKNOWN),
    );
  }
  if (type.startsWith('application/grpc')) {
    return readEnvelopes(header, 'grpc-encoding', 0, () => Number(trailer?.get('grpc-status') ?? status.UNKNOWN));
  }
  if (type.startsWith('application/connect+')) {
    return readEnvelopes(header, 'connect-content-encoding', connectEnd, (end) => {
      const { error } = JSON.parse(end) as { error?: { code?: unknown } }; // Connect has written it
      return error === undefined ? status.OK : codeNamed(error.code);
    });
  }
  return readUnary(httpStatus, header);
}

function readEnvelopes(
  header: Headers | undefined,
  encodingHeader: string,
  endFlag: number,
  readEnd: (end: string) => number,
): AnswerReader {
  const encoding = header?.get(encodingHeader) ?? null;
  let end: Uint8Array = new Uint8Array(5);
  return {
    read(envelope) {
      if ((envelope[0]! & endFlag) === 0) return { size: sizeInEnvelope(envelope, encoding) };
      end = envelope;
      return undefined;
    },
    readStatus() {
      const bytes = Buffer.from(end.subarray(5));
      return readEnd(((end[0]! & 1) === 0 ? bytes : decompress(bytes, encoding)).toString());
    },
  };
}

/** A unary call of Connect. HTTP 200 is OK; the body of any other answer names the code, which the HTTP status blurs. */
function readUnary(httpStatus: number, header: Headers | undefined): AnswerReader {
  const encoding = header?.get('content-encoding') ?? null;
  const pieces: Uint8Array[] = [];
  return {
    read(piece) {
      if (httpStatus === 200) return { size: encoding === null ? piece.length : sizeBeforeGzip(piece, encoding) };
      pieces.push(piece);
      return undefined;
    },
    readStatus() {
      if (httpStatus === 200) return status.OK;
      const { code } = JSON.parse(decompress(Buffer.concat(pieces), encoding).toString()) as { code?: unknown }; // as above
      return codeNamed(code);
    },
  };
}

/** Connect compresses answers of 1 KiB and more: an error has that size only with long details. */
function decompress(bytes: Buffer, encoding: string | null): Buffer {
  if (encoding === 'gzip') return gunzipSync(bytes);
  return encoding === 'br' ? brotliDecompressSync(bytes) : bytes;
}

/** Connect's names are gRPC's in lower case, but for one letter. */
function codeNamed(name: unknown): number {
  if (name === 'canceled') return status.CANCELLED;
  return definedCode(statusNames.findIndex((known) => known.toLowerCase() === name));
}
