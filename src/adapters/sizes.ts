import type { MessageSizes } from '../rpc/message-sizes.ts';

/** A function that makes bytes of a message. */
export type Serialize = (this: unknown, message: unknown) => { readonly length: number };
/** A function that makes a message of bytes. */
export type Deserialize = (this: unknown, bytes: { readonly length: number }) => unknown;

/**
 * The message that was read last and not asked for yet: mostly it is handed on at once. Written where a message is read whose
 * size is not counted then, and emptied by whoever asks for it.
 */
let latest: unknown;
let latestSize: number | undefined;
/** Sizes of messages that wait longer, until their handler is ready for them. */
const waiting = new WeakMap<object, number | undefined>();
/** Whether any size was ever left to be asked for. */
let isAsked = false;

/**
 * Between `startWriting` and `sizeWritten`, which one call does around one synchronous function, what is serialized belongs to
 * its message.
 */
let isWriting = false;
let writtenSize: number | undefined;
/** Messages that an interceptor between us and the wire holds back, with their size from when they are serialized on. */
const heldBack = new WeakMap<object, number | undefined>();

/** Reads messages as before, and counts their size. What it throws is the user's function's own. */
export function measureReading(deserialize: Deserialize, sizes: MessageSizes): Deserialize {
  return function measured(bytes) {
    const message = deserialize.call(this, bytes);
    if (!sizes.countRead(bytes.length)) remember(message, bytes.length);
    return message;
  };
}

/** Slow path: labels or a listener tell calls apart, and only who receives the message knows its call. */
function remember(message: unknown, size: number): void {
  isAsked = true;
  if (isObject(latest)) waiting.set(latest, latestSize); // several messages came together
  latest = message;
  latestSize = size;
}

/** The size of a message that was read and not counted then; undefined for every other message. */
export function sizeRead(message: unknown): number | undefined {
  return isAsked ? askedSize(message) : undefined;
}

function askedSize(message: unknown): number | undefined {
  if (message !== latest) return isObject(message) ? waiting.get(message) : undefined;
  const size = latestSize;
  latest = undefined; // a message can be large: it is kept no longer than it takes to hand it on
  latestSize = undefined;
  return size;
}

/** Serializes messages as before, and notes their size for `sizeWritten` or `sizeHeldBack`. */
export function measureWriting(serialize: Serialize, sizes: MessageSizes): Serialize {
  return function measured(message) {
    const bytes = serialize.call(this, message);
    const size = bytes?.length ?? 0; // the user's function may give anything, and grpc-js ends the call for it
    if (isWriting) writtenSize = size;
    else if (isObject(message) && heldBack.has(message)) heldBack.set(message, size);
    else sizes.countStray(size);
    return bytes;
  };
}

/** What is serialized from now on, until `sizeWritten` is asked, is the message that is being sent. */
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
