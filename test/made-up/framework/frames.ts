import { gunzipSync } from 'node:zlib';
import { codes, StatusError } from './errors.ts';

/** Messages of one direction of a call. */
export type Messages = AsyncIterable<Buffer>;

/** Bytes before each message: whether it is compressed, and its length. */
const headBytes = 5;

/** Reads messages from the bytes of a request, uncompressed. Throws `StatusError` for what is no message. */
export async function* decodeFrames(
  chunks: AsyncIterable<Buffer>,
  encoding: string,
  maxBytes: number,
): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= headBytes) {
      const end = headBytes + rest.readUInt32BE(1);
      if (end - headBytes > maxBytes) throw new StatusError(codes.resourceExhausted, 'the request is too large');
      if (rest.length < end) break;
      const bytes = rest.subarray(headBytes, end);
      yield rest[0] === 0 ? bytes : inflate(bytes, encoding);
      rest = rest.subarray(end);
    }
  }
  if (rest.length > 0) throw new StatusError(codes.internal, 'the request ends within a message');
}

/** Frames a message, uncompressed. */
export function encodeFrame(message: Buffer): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function inflate(bytes: Buffer, encoding: string): Buffer {
  if (encoding !== 'gzip') throw new StatusError(codes.unimplemented, `no encoding ${encoding}`);
  try {
    return gunzipSync(bytes);
  } catch (cause) {
    throw new StatusError(codes.internal, String(cause));
  }
}
