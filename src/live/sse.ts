import type { Frame, LiveEvents } from './protocol.ts';

/** One server-sent event, as its bytes. JSON has no line ends of its own, so that its data is one line. */
export function eventBytes<Name extends keyof LiveEvents>(name: Name, data: LiveEvents[Name]): Buffer {
  return Buffer.from(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}

/** The frame that such an event tells. */
export function frameOf(bytes: Buffer): Frame {
  return JSON.parse(bytes.toString('utf8', bytes.indexOf('data: ') + 'data: '.length)) as Frame; // as it was made
}

/** How long a reader waits before it connects again. */
export function retryBytes(milliseconds: number): Buffer {
  return Buffer.from(`retry: ${milliseconds}\n\n`);
}
