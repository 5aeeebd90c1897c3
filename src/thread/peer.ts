import type { MessagePort, Worker } from 'node:worker_threads';

/** What one thread can ask another one, by name: the question, and the answer that it gets. */
export type Questions = Readonly<Record<string, (question: never) => unknown>>;

/** What the other thread does about each question. */
export type Answers<Theirs extends Questions> = {
  readonly [Name in keyof Theirs]: (
    ...question: Parameters<Theirs[Name]>
  ) => ReturnType<Theirs[Name]> | Promise<ReturnType<Theirs[Name]>>;
};

/** The end of a channel between two threads: a `Worker`, or its `parentPort`. */
export type Port = Worker | MessagePort;

type Message =
  | { readonly name: string; readonly question: unknown; readonly id: number | undefined }
  | { readonly answers: number; readonly answer: unknown }
  | { readonly answers: number; readonly error: unknown };

interface Asked {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** The other one of two threads, which ask each other. Questions arrive in the order in which they were asked. */
export class Peer<Mine extends Questions, Theirs extends Questions> {
  readonly #port: Port;
  readonly #answers: Answers<Theirs>;
  readonly #asked = new Map<number, Asked>();
  #last = 0;

  constructor(port: Port, answers: Answers<Theirs>) {
    this.#port = port;
    this.#answers = answers;
    port.on('message', (message: Message) => void this.#hear(message));
  }

  /** Rejects if the other thread ends before it has answered. */
  ask<Name extends keyof Mine & string>(
    name: Name,
    ...[question]: Parameters<Mine[Name]>
  ): Promise<ReturnType<Mine[Name]>> {
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve: resolve as Asked['resolve'], reject }); // the other one answers what was asked
      this.#post({ name, question, id });
    });
  }

  /** Asks, and waits for no answer. */
  tell<Name extends keyof Mine & string>(name: Name, ...[question]: Parameters<Mine[Name]>): void {
    this.#post({ name, question, id: undefined });
  }

  /** The other thread has ended: nothing that was asked is answered any more. */
  end(error: unknown): void {
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
  }

  #post(message: Message): void {
    this.#port.postMessage(message);
  }

  /** Never rejects. */
  async #hear(message: Message): Promise<void> {
    if ('answers' in message) {
      const asked = this.#asked.get(message.answers);
      this.#asked.delete(message.answers);
      if ('error' in message) asked?.reject(message.error);
      else asked?.resolve(message.answer);
      return;
    }
    const { name, question, id } = message;
    try {
      const answer = await (this.#answers[name] as (asked: unknown) => unknown)(question); // both threads have the same names
      if (id !== undefined) this.#post({ answers: id, answer });
    } catch (error) {
      if (id !== undefined) this.#post({ answers: id, error: plainError(error) });
    }
  }
}

/** An error that can be sent to another thread. */
export function plainError(error: unknown): Error {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return Object.assign(new Error(message), { name, stack });
}
