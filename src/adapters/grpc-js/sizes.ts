/** As `register` of a server takes them. */
export type Serialize = (this: unknown, message: unknown) => { readonly length: number };
export type Deserialize = (this: unknown, bytes: { readonly length: number }) => unknown;

/** What was read last and not asked for yet: mostly grpc-js hands a message on as soon as it has read it. */
let latest: unknown;
let latestSize: number | undefined;
/** What waits longer, until its handler is ready for it. */
const waiting = new WeakMap<object, number | undefined>();

let isWriting = false;
let writtenSize: number | undefined;

/**
 * Reads messages as before and remembers their size, for interceptors, which see messages without it.
 *
 * What it throws is the user's function's own.
 */
export function measureReading(deserialize: Deserialize): Deserialize {
  return function measured(bytes) {
    const message = deserialize.call(this, bytes);
    // Slow path: several messages came together.
    if (typeof latest === 'object' && latest !== null) waiting.set(latest, latestSize);
    latest = message;
    latestSize = bytes.length;
    return message;
  };
}

/** The bytes that this message was read from, serialized and uncompressed; undefined for what was not read by a measured function. */
export function sizeRead(message: unknown): number | undefined {
  if (message === latest) {
    const size = latestSize;
    latest = undefined; // A message can be large: it is kept no longer than it takes to hand it on.
    latestSize = undefined;
    return size;
  }
  return typeof message === 'object' && message !== null ? waiting.get(message) : undefined;
}

/** Serializes messages as before. `later` is told the size of what an interceptor between us and the wire held back. */
export function measureWriting(serialize: Serialize, later: (bytes: number) => void): Serialize {
  return function measured(message) {
    const bytes = serialize.call(this, message);
    const size = bytes?.length ?? 0; // the user's function may give anything, and grpc-js ends the call for it
    if (isWriting) writtenSize = size;
    else later(size);
    return bytes;
  };
}

/** What is serialized from now on, until `sizeWritten` is asked, is for the message that is being sent. */
export function startWriting(): void {
  isWriting = true;
  writtenSize = undefined;
}

/** The size of what was serialized since `startWriting`; undefined where nothing was. */
export function sizeWritten(): number | undefined {
  isWriting = false;
  return writtenSize;
}
