import type { Fixture } from './fixture.ts';

type Client = ReturnType<Fixture['client']>;

export interface CallOptions {
  /** Milliseconds from now. */
  readonly deadline?: number;
  readonly message?: string | Buffer;
}

/** A unary call; the code that the application sees. */
export function unary(client: Client, options: CallOptions = {}): Promise<number> {
  return startUnary(client, options).code;
}

export function startUnary(client: Client, { deadline, message = 'x' }: CallOptions = {}) {
  let finish: (code: number) => void;
  const code = new Promise<number>((resolve) => {
    finish = resolve;
  });
  const call = client.Unary!(Buffer.from(message), until(deadline), (error: { code: number } | null) =>
    finish(error?.code ?? 0),
  );
  return { call, code };
}

/** A call with a stream of responses. */
export function serverStream(client: Client, { deadline, message = 'x' }: CallOptions = {}) {
  return streaming(client.ServerStream!(Buffer.from(message), until(deadline)));
}

/** A call with a stream of requests. */
export function clientStream(client: Client, { deadline }: CallOptions = {}) {
  let finish: (code: number) => void;
  const code = new Promise<number>((resolve) => {
    finish = resolve;
  });
  const call = client.ClientStream!(until(deadline), (error: { code: number } | null) => finish(error?.code ?? 0));
  return { call, code };
}

export function bidi(client: Client, { deadline }: CallOptions = {}) {
  return streaming(client.Bidi!(until(deadline)));
}

// biome-ignore lint/suspicious/noExplicitAny: the streams of two versions of grpc-js
function streaming(call: any): { call: any; code: Promise<number> } {
  call.on('error', () => {}); // The status says it too.
  call.on('data', () => {});
  const code = new Promise<number>((resolve) => {
    call.on('status', (status: { code: number }) => resolve(status.code));
  });
  return { call, code };
}

function until(deadline: number | undefined): { deadline?: number } {
  return deadline === undefined ? {} : { deadline: Date.now() + deadline };
}
