import type { ServerHttp2Stream } from 'node:http2';
import { beginCall, endCall, forgetCall, labelCall, lostStatus, sentMessage } from '../../rpc/call.ts';
import type { Call } from '../../rpc/call-state.ts';
import type { Method } from '../../rpc/methods/method.ts';
import type { ServerStore } from '../../rpc/server-store.ts';
import { status } from '../../rpc/status.ts';
import { EnvelopeScanner, joinTail, sizeBeforeGzip } from '../envelopes.ts';
import { HttpCallStart } from '../http-call-start.ts';
import { observeIterable } from '../observed-iterable.ts';
import { type AnswerReader, createAnswerReader } from './answer.ts';
import { readTimeout } from './timeout.ts';
import type { Body, ContextValues, NodeRequest, UniversalRequest, UniversalResponse } from './types.ts';

/** HTTP statuses of requests that are no calls: another content type, another HTTP method, HTTP/1.1 for a bidi stream. */
const notCalls: readonly number[] = [405, 415, 505];

/**
 * One call that Connect serves, over any of its protocols.
 *
 * Connect answers in the body and the trailers that it hands to Node. The answer has reached the client as far as a server can
 * know when an HTTP/2 stream has finished. On HTTP/1.1 that is when Node has taken the last byte. Seen on 2.0 to 2.3.
 */
export class ServerCall implements Call {
  readonly store: ServerStore;
  method: Method;
  /** The context values, which handlers and interceptors have too. */
  readonly key: ContextValues;
  startedAt: number = 0;
  ended: boolean = true;
  isAnswered: boolean = false;
  watch: Call['watch'] = undefined;
  /** Sizes of requests that have arrived and that no handler has got. */
  readonly sizes: (number | undefined)[] = [];
  readonly #request: UniversalRequest;
  readonly #stream: ServerHttp2Stream | undefined;
  /** Milliseconds; undefined for none. */
  readonly #timeout: number | undefined;
  readonly #begunAt: number = Date.now();
  /** The status of the answer that Connect has handed over. */
  #answer: number | undefined = undefined;

  constructor(store: ServerStore, method: Method, request: UniversalRequest, key: ContextValues, node?: NodeRequest) {
    this.store = store;
    this.method = method;
    this.key = key;
    this.#request = request;
    this.#stream = node?.stream;
    this.#timeout = readTimeout(request.header);
    beginCall(this);
    const headers = node?.headers ?? Object.fromEntries(request.header);
    if (this.watch !== undefined) {
      labelCall(this, new HttpCallStart('server', method, { headers, socket: node?.socket }, () => this.getDeadline()));
    }
    this.#awaitEnd();
  }

  getDeadline(): number {
    return this.#timeout === undefined ? Infinity : this.#begunAt + this.#timeout;
  }

  /** The request's body, with the sizes of its messages noted. */
  observeRequest(): unknown {
    const { body, header } = this.#request;
    if (!isIterable(body)) return body; // a framework has parsed it
    const type = header.get('content-type') ?? '';
    const note = (size: number | undefined) => void this.sizes.push(size);
    if (type.startsWith('application/grpc')) return observeIterable(body, scan(header.get('grpc-encoding'), note));
    if (type.startsWith('application/connect+')) {
      return observeIterable(body, scan(header.get('connect-content-encoding'), note));
    }
    const encoding = header.get('content-encoding');
    let size = 0;
    let tail: Uint8Array = new Uint8Array();
    return observeIterable(body, (piece) => {
      if (piece === undefined) note(encoding === null ? size : sizeBeforeGzip(tail, encoding));
      else if (encoding === null) size += piece.length;
      else tail = joinTail(tail, piece);
    });
  }

  /** The same response, with its messages and its status recorded. Takes the call back if the response says that it is none. */
  observeResponse(response: UniversalResponse): UniversalResponse {
    if (notCalls.includes(response.status)) {
      forgetCall(this);
      if (response.status === 415) this.store.reject('content_type');
      if (response.status === 505) this.store.reject('protocol');
      return response;
    }
    const reader = createAnswerReader(response);
    if (response.body !== undefined)
      return { ...response, body: observeIterable(response.body, this.#readAnswer(reader)) };
    this.#answered(reader);
    return response;
  }

  /** A message counts as sent when Connect asks for the next one, which it does when Node has written it. */
  #readAnswer(reader: AnswerReader): (piece: Uint8Array | undefined) => void {
    let writing: { readonly size: number | undefined } | undefined;
    return (piece) => {
      if (writing !== undefined) sentMessage(this, writing.size);
      writing = piece && reader.read(piece);
      if (piece === undefined) this.#answered(reader);
    };
  }

  #answered(reader: AnswerReader): void {
    let code: number | undefined;
    this.store.faults.guard('call', () => {
      code = reader.readStatus();
    });
    this.#answer = code ?? status.UNKNOWN;
    if (this.#stream === undefined) endCall(this, this.#answer);
  }

  #awaitEnd(): void {
    const lost = () => endCall(this, lostStatus(this, this.#timeout));
    const { signal } = this.#request;
    if (signal.aborted) lost();
    else if (this.#stream === undefined) signal.addEventListener('abort', lost, { once: true });
    else {
      this.#stream.once('finish', () => this.#answer !== undefined && endCall(this, this.#answer));
      this.#stream.once('close', lost);
    }
  }
}

function scan(encoding: string | null, found: (size: number | undefined) => void) {
  const scanner = new EnvelopeScanner(encoding, found);
  return (piece: Uint8Array | undefined): void => {
    if (piece !== undefined) scanner.scan(piece);
  };
}

function isIterable(body: unknown): body is Body {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}
