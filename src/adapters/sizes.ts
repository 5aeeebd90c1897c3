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
/** What an interceptor between us and the wire has held back, with its size from when it is serialized on. */
const heldBack = new WeakMap<object, number | undefined>();

/**
 * Reads messages as before and remembers their size, for interceptors, which see messages without it.
 *
 * What it throws is the user's function's own.
 */
export function measureReading(deserialize: Deserialize): Deserialize {
  return function measured(bytes) {
    const message = deserialize.call(this, bytes);
    // Slow path: several messages came together.
    if (isObject(latest)) waiting.set(latest, latestSize);
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
  return isObject(message) ? waiting.get(message) : undefined;
}

/** Serializes messages as before. `strange` is told the size of what nobody has sent: an interceptor between us and the wire made it, later. */
export function measureWriting(serialize: Serialize, strange: (bytes: number) => void): Serialize {
  return function measured(message) {
    const bytes = serialize.call(this, message);
    const size = bytes?.length ?? 0; // the user's function may give anything, and grpc-js ends the call for it
    if (isWriting) writtenSize = size;
    else if (isObject(message) && heldBack.has(message)) heldBack.set(message, size);
    else strange(size);
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

/** This message was sent, and not serialized: `sizeHeldBack` is for when it has been written. */
export function holdBack(message: unknown): void {
  // One object can be the answer of many calls: its size stays.
  if (isObject(message) && !heldBack.has(message)) heldBack.set(message, undefined);
}

export function sizeHeldBack(message: unknown): number | undefined {
  return isObject(message) ? heldBack.get(message) : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
