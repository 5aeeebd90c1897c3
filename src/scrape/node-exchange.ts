import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { sendText } from '../http/plain-text.ts';
import type { Exchange, HeaderFields } from './exchange.ts';

/** A scrape over Node's HTTP. */
export class NodeExchange implements Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #turn: () => Promise<void>;

  /** `turn` resolves when the event loop has had a turn. It has one after each chunk, as the kernel may take megabytes at once. */
  constructor(request: IncomingMessage, response: ServerResponse, turn: () => Promise<void> = setImmediate) {
    this.#request = request;
    this.#response = response;
    this.#turn = turn;
  }

  get method(): string | undefined {
    return this.#request.method;
  }

  get url(): string | undefined {
    return this.#request.url;
  }

  get isOver(): boolean {
    return this.#response.destroyed;
  }

  get isStarted(): boolean {
    return this.#response.headersSent;
  }

  header(name: string): string | readonly string[] | undefined {
    return this.#request.headers[name];
  }

  onEnd(listener: () => void): void {
    const response = this.#response;
    const end = () => {
      response.off('finish', end);
      response.off('close', end);
      listener();
    };
    response.on('finish', end);
    response.on('close', end);
  }

  refuse(status: number, text: string, headers: HeaderFields = {}): void {
    for (const [name, value] of Object.entries(headers)) this.#response.setHeader(name, value);
    sendText(this.#response, status, text);
  }

  send(headers: HeaderFields, chunks: Iterable<Uint8Array>): void {
    this.#response.writeHead(200, headers);
    if (this.method === 'HEAD') this.#response.end();
    // Rejects when the client leaves: the response is destroyed then.
    else pipeline(Readable.from(this.#inTurns(chunks)), this.#response).catch(() => {});
  }

  cutOff(): void {
    this.#response.destroy();
  }

  async *#inTurns(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
    for (const chunk of chunks) {
      yield chunk;
      await this.#turn();
    }
  }
}
