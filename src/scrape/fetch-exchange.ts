import { plainTextHeaders } from '../http/plain-text.ts';
import type { Exchange, HeaderFields } from './exchange.ts';

/** Nginx's status for a client that has left. Nobody reads it. */
const clientLeft = 499;

/** A scrape as a `Request`, whose answer is a `Response`: for Hono, Next.js, Bun and Deno. */
export class FetchExchange implements Exchange {
  /** Never rejects. */
  readonly response: Promise<Response>;
  readonly #request: Request;
  readonly #settle: (response: Response) => void;
  #listener: (() => void) | undefined;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #isStarted = false;
  #isOver = false;

  constructor(request: Request) {
    this.#request = request;
    const { promise, resolve } = withResolvers<Response>();
    this.response = promise;
    this.#settle = resolve;
    if (request.signal.aborted) this.#leave();
    else request.signal.addEventListener('abort', this.#leave);
  }

  get method(): string {
    return this.#request.method;
  }

  get url(): string {
    return this.#request.url;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get isStarted(): boolean {
    return this.#isStarted;
  }

  header(name: string): string | undefined {
    return this.#request.headers.get(name) ?? undefined;
  }

  onEnd(listener: () => void): void {
    this.#listener = listener;
  }

  refuse(status: number, text: string, headers: HeaderFields = {}): void {
    this.#answer(this.method === 'HEAD' ? null : `${text}\n`, { status, headers: { ...plainTextHeaders, ...headers } });
    this.#end();
  }

  send(headers: HeaderFields, chunks: Iterable<Uint8Array>): void {
    if (this.method === 'HEAD') {
      this.#answer(null, { headers });
      this.#end();
      return;
    }
    const iterator = chunks[Symbol.iterator]();
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: (controller) => {
          const { done = false, value } = iterator.next();
          if (!done) {
            controller.enqueue(value);
            return;
          }
          controller.close();
          this.#end();
        },
        cancel: () => this.#end(),
      },
      { highWaterMark: 0 }, // a chunk is asked for when one is read, not before
    );
    this.#answer(body, { headers });
  }

  cutOff(): void {
    this.#controller?.error(new Error('the answer was cut off: its client has not read it in time'));
    this.#leave();
  }

  #answer(body: ReadableStream<Uint8Array> | string | null, init: ResponseInit): void {
    this.#isStarted = true;
    this.#settle(new Response(body, init));
  }

  /** The client has left, or has been given up. */
  readonly #leave = (): void => {
    if (!this.#isStarted) this.#answer(null, { status: clientLeft });
    this.#end();
  };

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#request.signal.removeEventListener('abort', this.#leave);
    this.#controller = undefined;
    this.#listener?.();
    this.#listener = undefined;
  }
}

/** `Promise.withResolvers`, which Node has from 22 on. */
function withResolvers<Value>(): { readonly promise: Promise<Value>; readonly resolve: (value: Value) => void } {
  let resolve: ((value: Value) => void) | undefined;
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve: resolve! };
}
