import type { Frame, LiveEvents } from './protocol.ts';

/** The bytes of one server-sent event. Its data is one line, as JSON has no line ends. */
export function eventBytes<Name extends keyof LiveEvents>(name: Name, data: LiveEvents[Name]): Buffer {
  return Buffer.from(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}

/** The frame in such an event. */
export function frameOf(bytes: Buffer): Frame {
  return JSON.parse(bytes.toString('utf8', bytes.indexOf('data: ') + 'data: '.length)) as Frame; // as it was made
}

/** A comment of so many bytes, which readers ignore. */
export function comment(length: number): Buffer {
  return Buffer.from(`:${' '.repeat(length - 3)}\n\n`);
}

/** The bytes that set how long a reader waits before it connects again. */
export function retryBytes(milliseconds: number): Buffer {
  return Buffer.from(`retry: ${milliseconds}\n\n`);
}
