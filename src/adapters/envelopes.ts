/*
 * gRPC, gRPC-Web and the streams of Connect put each message into an envelope: a byte of flags, and the length in four bytes.
 */

/** The lowest flag of an envelope: its message is compressed. */
const compressed = 1;
const headBytes = 5;
/** The last four bytes of gzip are the size before compression. Source: RFC 1952, 2.3.1. */
const gzipSizeBytes = 4;

/** The size of the message in an envelope, uncompressed. Undefined where an encoding other than gzip does not say it. */
export function sizeInEnvelope(envelope: Uint8Array, encoding: string | null): number | undefined {
  const size = envelope.length - headBytes;
  return (envelope[0]! & compressed) === 0 ? size : sizeBeforeGzip(envelope.subarray(headBytes), encoding);
}

/** The size before compression of bytes that gzip compressed. */
export function sizeBeforeGzip(bytes: Uint8Array, encoding: string | null): number | undefined {
  if (encoding !== 'gzip' || bytes.length < gzipSizeBytes) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset + bytes.length - gzipSizeBytes, gzipSizeBytes).getUint32(0, true);
}

/** What `sizeBeforeGzip` needs of compressed bytes that arrive in pieces: the last ones. */
export function joinTail(tail: Uint8Array, bytes: Uint8Array): Uint8Array {
  return Uint8Array.from([...tail, ...bytes.subarray(-gzipSizeBytes)].slice(-gzipSizeBytes));
}

/** Finds the envelopes in a body that arrives in pieces, and keeps none of it but the ends of compressed messages. */
export class EnvelopeScanner {
  readonly #encoding: string | null;
  readonly #found: (size: number | undefined) => void;
  readonly #head = new Uint8Array(headBytes);
  #headLength = 0;
  /** Bytes of the message that are still to come. */
  #missing = 0;
  #tail: Uint8Array = new Uint8Array();

  /** `found` gets the size of each message when its last byte has arrived. */
  constructor(encoding: string | null, found: (size: number | undefined) => void) {
    this.#encoding = encoding;
    this.#found = found;
  }

  scan(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#headLength < headBytes) {
        this.#head[this.#headLength] = bytes[at]!;
        this.#headLength += 1;
        at += 1;
        if (this.#headLength === headBytes) this.#missing = this.#length;
      } else {
        const end = Math.min(at + this.#missing, bytes.length);
        this.#missing -= end - at;
        if (this.#isCompressed) this.#keepTail(bytes.subarray(at, end));
        at = end;
      }
      if (this.#headLength === headBytes && this.#missing === 0) this.#complete();
    }
  }

  get #length(): number {
    return new DataView(this.#head.buffer).getUint32(1);
  }

  get #isCompressed(): boolean {
    return (this.#head[0]! & compressed) !== 0;
  }

  #keepTail(bytes: Uint8Array): void {
    this.#tail = joinTail(this.#tail, bytes);
  }

  #complete(): void {
    this.#found(this.#isCompressed ? sizeBeforeGzip(this.#tail, this.#encoding) : this.#length);
    this.#headLength = 0;
    this.#tail = new Uint8Array();
  }
}
