import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pageHandler } from '../../src/live/page.ts';
import { readPage } from '../../src/live/page-file.ts';
import type { Frame, Hello } from '../../src/live/protocol.ts';
import { eventBytes, retryBytes } from '../../src/live/sse.ts';
import { hello as greeting, type Snapshot, Teller } from '../../src/page/stream.fixture.ts';

/** A service that says what a test tells it to: the built page, and a stream that knows all that was said in this run. */
export class ToldService {
  readonly url: string;
  /** How often its stream was asked for. */
  asked = 0;
  /** What the next one who asks for the stream is answered; undefined for the stream. */
  refuse: ((response: ServerResponse) => void) | undefined;
  readonly #server;
  readonly #viewers = new Set<ServerResponse>();
  #hello: Hello = greeting();
  #teller = new Teller();
  #said: Frame[] = [];

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`; // it listens on TCP
    const page = pageHandler(readPage, () => {});
    server.on('request', (request, response) => {
      if (request.url !== '/live') return page(request, response);
      this.asked += 1;
      return this.refuse ? this.refuse(response) : this.#stream(response);
    });
  }

  static async open(): Promise<ToldService> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ToldService(server);
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  /** Another run of the service: who looks is cut off, and nothing was said yet. */
  restart(hello: Partial<Hello> = {}): void {
    this.#hello = { ...this.#hello, ...hello };
    this.#teller = new Teller();
    this.#said = [];
    for (const viewer of this.#viewers) viewer.destroy();
  }

  /** A moment. */
  say(t: number, snapshot: Snapshot): void {
    this.sayFrame(this.#teller.frame(t, snapshot));
  }

  sayFrame(frame: Frame): void {
    this.#said.push(frame);
    for (const viewer of this.#viewers) viewer.write(eventBytes('frame', frame));
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #stream(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', connection: 'close' });
    response.write(retryBytes(100));
    response.write(eventBytes('hello', this.#hello));
    for (const frame of this.#said) response.write(eventBytes('frame', frame));
    this.#viewers.add(response);
    response.once('close', () => this.#viewers.delete(response));
  }
}
