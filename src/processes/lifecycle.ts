import type { Servers } from '../rpc/servers.ts';
import type { Book } from './book.ts';
import { bookStates } from './layout.ts';
import type { Source } from './source.ts';

/** Says in the book what the servers of the process do, and whether it is about to end. */
export class Lifecycle implements Source {
  #servers: Servers | undefined;
  #isEnding = false;

  set servers(servers: Servers) {
    this.#servers = servers;
  }

  /** The process is about to end. It must be written at once. */
  end(): void {
    this.#isEnding = true;
  }

  restart(): () => void {
    return () => {};
  }

  write(book: Book): void {
    const state = this.#servers === undefined || this.#servers.isEmpty ? 'none' : this.#servers.state;
    book.setLife(bookStates.indexOf(state), this.#isEnding);
  }

  sweep(book: Book): void {
    this.write(book);
  }
}
