/** A stream of requests that grows, for clients whose calls take an iterable. */
export class Requests<Message> {
  readonly #waiting: Message[] = [];
  #hasEnded = false;
  #wake: () => void = () => {};

  push(message: Message): void {
    this.#waiting.push(message);
    this.#wake();
  }

  end(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  async *messages(): AsyncGenerator<Message> {
    while (this.#waiting.length > 0 || !this.#hasEnded) {
      const message = this.#waiting.shift();
      if (message !== undefined) yield message;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}
