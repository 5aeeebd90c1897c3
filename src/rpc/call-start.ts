import type { GrpcMethodType } from './methods/method-type.ts';

/** The metadata of a call, the same for every framework. Names are case-insensitive. */
export interface CallMetadata {
  /** The first value; undefined where there is none. A binary value (`-bin`) is base64, as on the wire. */
  get(name: string): string | undefined;
  /** All values, in the order in which they came. */
  getAll(name: string): readonly string[];
  /** The framework's own object, such as `Metadata` of grpc-js. */
  readonly raw: unknown;
}

/** The identity of the peer, as far as TLS has verified it. */
export interface CallAuthContext {
  readonly transportSecurityType?: string;
  readonly sslPeerCertificate?: {
    readonly subject: Readonly<Record<string, string | string[] | undefined>>;
    readonly subjectaltname?: string | undefined;
    readonly fingerprint256: string;
  };
}

/** A call that begins: what labels can be made of. Each property is read only when it is asked for. */
export interface CallStart {
  readonly side: 'server' | 'client';
  /** `/pkg.Service/Method`; `other` beyond the limit of methods. */
  readonly path: string;
  /** Known where a definition of the method was seen. */
  readonly type: GrpcMethodType | undefined;
  /** On a server what it received; on a client what the caller gave, before call credentials add theirs. */
  readonly metadata: CallMetadata;
  /** On a server the address of the client, on a client the target. */
  readonly peer: string | undefined;
  /** On a client the deadline of the call itself: what a parent call makes of it is not known yet. */
  readonly deadline: Date | undefined;
  /** The certificate of a client that TLS has verified. On servers with grpc-js 1.14 or later; undefined elsewhere. */
  readonly authContext: CallAuthContext | undefined;
}

/** A deadline as a `Date`. Infinity means none, and so does what no calendar has (`Number.MAX_SAFE_INTEGER`). */
export function deadlineOf(given: Date | number): Date | undefined {
  const date = new Date(given);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
