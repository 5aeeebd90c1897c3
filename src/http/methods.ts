import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendText } from './plain-text.ts';

/** Whether the request is a GET or a HEAD; what it is else is answered 405. */
export function isReading({ method }: IncomingMessage, response: ServerResponse): boolean {
  if (method === 'GET' || method === 'HEAD') return true;
  response.setHeader('Allow', 'GET, HEAD');
  sendText(response, 405, `${method} is not answered here: use GET or HEAD`);
  return false;
}
