import type { MethodType } from './methods/method-type.ts';

/** The metadata of a call, by the shape that grpc-js's has. */
export interface CallMetadata {
  get(key: string): (string | Buffer)[];
}

/** Who is at the other end, as far as TLS has shown it; of grpc-js 1.14, by its shape. */
export interface CallAuthContext {
  readonly transportSecurityType?: string;
  readonly sslPeerCertificate?: {
    readonly subject: Readonly<Record<string, string | string[] | undefined>>;
    readonly subjectaltname?: string | undefined;
    readonly fingerprint256: string;
  };
}

/** A call that begins: what labels can be made of. Nothing is read before it is asked for. */
export interface CallStart {
  readonly side: 'server' | 'client';
  /** `/pkg.Service/Method`; `other` beyond the limit of methods. */
  readonly path: string;
  /** Known where a definition of the method was seen. */
  readonly type: MethodType | undefined;
  /** What the server received; what the client gave, before call credentials add theirs. */
  readonly metadata: CallMetadata;
  /** On a server the address of the client, on a client the target. */
  readonly peer: string | undefined;
  /** On a client the call's own: what the deadline of a parent call makes of it is not known yet. */
  readonly deadline: Date | undefined;
  /** The certificate of a client that TLS has verified. On servers, from grpc-js 1.14 on; undefined elsewhere. */
  readonly authContext: CallAuthContext | undefined;
}

/** A deadline as grpc-js gives it, which has Infinity for none. What no calendar has (`Number.MAX_SAFE_INTEGER`) is none, too. */
export function deadlineOf(given: Date | number): Date | undefined {
  const date = new Date(given);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
