import type { UniversalServerRequest, UniversalServerResponse } from '@connectrpc/connect/protocol';
import { sentMessage } from '../../rpc/call.ts';
import type { Call } from '../../rpc/call-state.ts';
import { BodyScanner, readPiece, sizeOf } from '../body-messages.ts';
import { isIterable, observeIterable } from '../observed-iterable.ts';
import { decompress, framingOf, type Protocol } from './protocols.ts';

type Body = AsyncIterable<Uint8Array>;

/** The body of a request. `found` gets the size of each message in it. */
export function observeRequestBody(
  { body, header, method, url }: UniversalServerRequest,
  protocol: Protocol,
  found: (size: number | undefined) => void,
): UniversalServerRequest['body'] {
  if (method === 'GET') found(sizeInQuery(new URL(url).searchParams));
  if (!isIterable<Uint8Array>(body)) return body; // a framework has parsed it
  const scanner = new BodyScanner(framingOf(protocol, header), found);
  return observeIterable(body, { seen: (piece) => scanner.scan(piece) });
}

/**
 * The body of a response, with its messages recorded. Connect makes each envelope a piece of it, and asks for the next piece when Node
 * has written one. `ended` gets a function that reads the status.
 */
export function observeResponseBody(
  call: Call,
  body: Body,
  response: UniversalServerResponse,
  protocol: Protocol,
  ended: (readStatus: () => number) => void,
): Body {
  const framing = framingOf(protocol, response.header);
  let end = () => '';
  let written = () => {};
  const seen = (piece: Uint8Array | undefined) => {
    written();
    written = () => {};
    if (piece === undefined) return ended(() => protocol.readStatus(response, end()));
    const { flags, bytes, encoding } = readPiece(piece, framing);
    const isMessage = framing.hasEnvelopes ? (flags & protocol.endFlag) === 0 : response.status === 200;
    if (isMessage) written = () => sentMessage(call, sizeOf(bytes, encoding));
    else end = () => decompress(bytes, encoding);
  };
  return observeIterable(body, { seen });
}

/** The size of the message of a GET request. Source: https://connectrpc.com/docs/protocol#unary-get-request */
function sizeInQuery(query: URLSearchParams): number | undefined {
  const encoding = query.get('base64') === '1' ? 'base64url' : 'utf8';
  return sizeOf(Buffer.from(query.get('message') ?? '', encoding), query.get('compression'));
}
