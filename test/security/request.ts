import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends one request on a connection of its own. Rejects when the connection ends without an answer. */
export function request(url: string, options: https.RequestOptions = {}): Promise<Answered> {
  const { request: send } = url.startsWith('https:') ? https : http;
  return new Promise((resolve, reject) => {
    const answered = (response: IncomingMessage) => {
      text(response).then((body) => resolve({ status: response.statusCode!, headers: response.headers, body }), reject);
    };
    send(url, { agent: false, timeout: 15_000, ...options }, answered)
      .on('timeout', function abort(this: http.ClientRequest) {
        this.destroy(new Error('no answer within 15 s'));
      })
      .on('error', reject)
      .end();
  });
}

/** Headers with a user and a password. */
export const basic = (user: string, password: string): { authorization: string } => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});

/** Headers with a token. */
export const bearer = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` });
