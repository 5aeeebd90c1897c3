import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { beginCall, labelCall } from '../rpc/call.ts';
import { type CallAuthContext, type CallMetadata, type CallStart, deadlineOf } from '../rpc/call-start.ts';
import { type Call, newCall } from '../rpc/call-state.ts';
import type { Method } from '../rpc/methods/method.ts';
import type { GrpcMethodType } from '../rpc/methods/method-type.ts';
import type { CallStore } from '../rpc/store.ts';

/** An HTTP request, as far as labels are made of it: one that arrives at a server of Node, or one that a client sends. */
export interface HttpRequest {
  readonly headers: IncomingHttpHeaders;
  /** Of a server. Undefined where the connection is gone. */
  readonly socket?: Socket | undefined;
  /** Of a client. */
  readonly target?: string | undefined;
}

/** Begins a call that is an HTTP request, for frameworks without metadata of their own. `deadline` is Infinity for none. */
export function beginHttpCall(
  store: CallStore,
  method: Method,
  request: HttpRequest,
  deadline: Date | number,
  key?: object,
): Call {
  const getDeadline = () => deadline;
  const call = newCall(store, method, getDeadline, key);
  beginCall(call);
  if (call.watch !== undefined) labelCall(call, new HttpCallStart(store.side, method, request, getDeadline));
  return call;
}

class HttpCallStart implements CallStart {
  readonly side: 'server' | 'client';
  readonly metadata: CallMetadata;
  readonly #method: Method;
  readonly #request: HttpRequest;
  readonly #deadline: () => Date | number;

  constructor(side: 'server' | 'client', method: Method, request: HttpRequest, deadline: () => Date | number) {
    this.side = side;
    this.metadata = new HttpMetadata(request.headers);
    this.#method = method;
    this.#request = request;
    this.#deadline = deadline;
  }

  get path(): string {
    return this.#method.path;
  }

  get type(): GrpcMethodType | undefined {
    return this.#method.type;
  }

  get peer(): string | undefined {
    const { remoteAddress, remotePort } = this.#request.socket ?? {};
    return remoteAddress === undefined ? this.#request.target : `${remoteAddress}:${remotePort}`;
  }

  get deadline(): Date | undefined {
    return deadlineOf(this.#deadline());
  }

  get authContext(): CallAuthContext | undefined {
    const { authorized, getPeerCertificate } = (this.#request.socket ?? {}) as Partial<TLSSocket>; // TLS or not
    if (authorized !== true || getPeerCertificate === undefined) return undefined;
    return {
      transportSecurityType: 'ssl',
      sslPeerCertificate: getPeerCertificate.call(this.#request.socket),
    };
  }
}

/** Node joins the values of a header that came several times with a comma. */
class HttpMetadata implements CallMetadata {
  readonly raw: IncomingHttpHeaders;

  constructor(raw: IncomingHttpHeaders) {
    this.raw = raw;
  }

  get(name: string): string | undefined {
    return this.getAll(name)[0];
  }

  getAll(name: string): readonly string[] {
    const value = this.raw[name.toLowerCase()] ?? [];
    if (typeof value !== 'string') return value;
    return name.toLowerCase().endsWith('-bin') ? value.split(/\s*,\s*/) : [value]; // base64 has no comma
  }
}
