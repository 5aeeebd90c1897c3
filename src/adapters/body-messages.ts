/** How the messages of a call are in its body: each in an envelope, or one message that is the whole body. */
export interface Framing {
  readonly hasEnvelopes: boolean;
  /** How messages are compressed, where they are; null for never. */
  readonly encoding: string | null;
}

/** An envelope begins with a byte of flags, and the length of its message in four bytes. */
const headBytes = 5;
/** The lowest flag: the message is compressed. */
const compressed = 1;
/** The last four bytes of gzip are the size before compression. Source: RFC 1952, 2.3.1. */
const gzipSizeBytes = 4;

/** A piece of a body that is one envelope, or the only message. */
export function readPiece(piece: Uint8Array, { hasEnvelopes, encoding }: Framing): OpenedPiece {
  if (!hasEnvelopes) return { flags: 0, bytes: piece, encoding };
  const flags = piece[0]!;
  return { flags, bytes: piece.subarray(headBytes), encoding: (flags & compressed) === 0 ? null : encoding };
}

interface OpenedPiece {
  readonly flags: number;
  readonly bytes: Uint8Array;
  readonly encoding: string | null;
}

/** The size of a message before compression. Undefined where an encoding other than gzip does not say it. */
export function sizeOf(bytes: Uint8Array, encoding: string | null): number | undefined {
  if (encoding === null) return bytes.length;
  if (encoding !== 'gzip' || bytes.length < gzipSizeBytes) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset + bytes.length - gzipSizeBytes).getUint32(0, true);
}

/** Finds the messages in a body that arrives in pieces of any size, and keeps none of it but the ends of compressed messages. */
export class BodyScanner {
  readonly #framing: Framing;
  readonly #found: (size: number | undefined) => void;
  /** Bytes of the head that have arrived. */
  #headLength = 0;
  #flags = 0;
  /** Bytes of the message that have arrived. */
  #arrived = 0;
  /** Bytes of the message that are still to come, when the head has arrived. */
  #missing = 0;
  #tail: Uint8Array | undefined;

  /** `found` gets the size of each message when its last byte has arrived. */
  constructor(framing: Framing, found: (size: number | undefined) => void) {
    this.#framing = framing;
    this.#found = found;
    if (framing.hasEnvelopes) return;
    this.#headLength = headBytes;
    this.#missing = Infinity;
    if (framing.encoding !== null) this.#flags = compressed;
  }

  /** Takes the next piece of the body; undefined is its end. */
  scan(piece: Uint8Array | undefined): void {
    if (piece !== undefined) this.#scanPiece(piece);
    else if (!this.#framing.hasEnvelopes) this.#complete();
  }

  #scanPiece(piece: Uint8Array): void {
    for (let at = 0; at < piece.length; ) {
      if (this.#headLength < headBytes) {
        this.#readHead(piece[at]!);
        at += 1;
      } else {
        const bytes = piece.subarray(at, at + this.#missing);
        this.#arrived += bytes.length;
        this.#missing -= bytes.length;
        at += bytes.length;
        if (this.#isCompressed) this.#tail = joinTail(this.#tail, bytes);
      }
      if (this.#headLength === headBytes && this.#missing === 0) this.#complete();
    }
  }

  #readHead(byte: number): void {
    if (this.#headLength === 0) this.#flags = byte;
    else this.#missing = this.#missing * 256 + byte;
    this.#headLength += 1;
  }

  get #isCompressed(): boolean {
    return (this.#flags & compressed) !== 0;
  }

  #complete(): void {
    const { encoding } = this.#framing;
    this.#found(this.#isCompressed ? this.#tail && sizeOf(this.#tail, encoding) : this.#arrived);
    this.#headLength = 0;
    this.#arrived = 0;
    this.#tail = undefined;
  }
}

function joinTail(tail: Uint8Array | undefined, bytes: Uint8Array): Uint8Array {
  return Uint8Array.from([...(tail ?? []), ...bytes.subarray(-gzipSizeBytes)].slice(-gzipSizeBytes));
}
