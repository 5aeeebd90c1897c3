import type { ServerHttp2Stream } from 'node:http2';
import { gunzipSync } from 'node:zlib';
import { StatusError } from './status-error.ts';

/** Reads messages from the body of a request. */
export interface Codec {
  /** `grpc-encoding` of the request. */
  readonly encoding: string | undefined;
  readonly maxReceiveBytes: number;
  readonly deserialize: (bytes: Buffer) => Buffer;
  /** Told the size of each message. */
  readonly received: (bytes: number) => void;
}

/** The client has left before its last request. */
export class ClientGone extends Error {}

/** Yields the requests of a call. */
export async function* readRequests(stream: ServerHttp2Stream, codec: Codec): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunksOf(stream)) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 5) {
      const end = 5 + rest.readUInt32BE(1);
      if (end - 5 > codec.maxReceiveBytes) throw new StatusError(8, 'the request is too large');
      if (rest.length < end) break;
      yield decode(rest.subarray(5, end), rest[0] === 1, codec);
      rest = rest.subarray(end);
    }
  }
  if (rest.length > 0) throw new StatusError(12, 'the last request is not complete');
}

/** Reads the only request of a call. */
export async function readOnly(stream: ServerHttp2Stream, codec: Codec): Promise<Buffer> {
  const requests: Buffer[] = [];
  for await (const request of readRequests(stream, codec)) requests.push(request);
  if (requests.length !== 1) throw new StatusError(12, `one request expected, not ${requests.length}`);
  return requests[0]!;
}

async function* chunksOf(stream: ServerHttp2Stream): AsyncGenerator<Buffer> {
  try {
    yield* stream.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
  } catch (error) {
    throw new ClientGone('the client has left', { cause: error });
  }
}

function decode(bytes: Buffer, isCompressed: boolean, { encoding, deserialize, received }: Codec): Buffer {
  if (isCompressed && encoding !== 'gzip') throw new StatusError(12, 'unknown grpc-encoding');
  try {
    const message = isCompressed ? gunzipSync(bytes) : bytes;
    const request = deserialize(message);
    received(message.length);
    return request;
  } catch (error) {
    throw new StatusError(13, 'the request cannot be read', { cause: error });
  }
}
