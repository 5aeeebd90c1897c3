import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  /** Decompressed. */
  readonly text: string;
}

/** Asks one server over one connection, as Prometheus does. */
export interface Client {
  ask(path: string, options?: { method?: string; headers?: Record<string, string> }): Promise<Answer>;
  close(): void;
}

export function http1Client(url: string): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    ask: async (path, { method = 'GET', headers = {} } = {}) => {
      const asked = request(url + path, { agent, method, headers }).end();
      const [response] = (await once(asked, 'response')) as [IncomingMessage]; // as documented
      return answerOf(response.statusCode, response.headers, await buffer(response));
    },
    close: () => agent.destroy(),
  };
}

export function http2Client(url: string): Client {
  const session: ClientHttp2Session = connect(url);
  return {
    ask: async (path, { method = 'GET', headers = {} } = {}) => {
      const stream = session.request({ ':path': path, ':method': method, ...headers });
      const [received] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status'?: number }]; // as documented
      return answerOf(received[':status'], received, await buffer(stream));
    },
    close: () => session.destroy(),
  };
}

function answerOf(status: number | undefined, headers: IncomingHttpHeaders, bytes: Buffer): Answer {
  const isCompressed = headers['content-encoding'] === 'gzip' && bytes.length > 0;
  return { status, headers, text: String(isCompressed ? gunzipSync(bytes) : bytes) };
}
