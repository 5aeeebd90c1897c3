import type { Ledger } from './processes/ledger.ts';

/** How often the books are read to find out who has the port now. Later what the sweeps have read must do. */
const mostReadings = 8;

/** Waits for the end of the process that answers on a port. */
export class OwnerWatch {
  readonly #ledger: Ledger;
  readonly #port: number;
  /** Names of books whose processes have been lost: they may still be known as living. */
  readonly #gone = new Set<string>();
  #readings = 0;
  #stop: (() => void) | undefined;
  #isLost = false;
  #wake: () => void = () => {};

  constructor(ledger: Ledger, port: number) {
    this.#ledger = ledger;
    this.#port = port;
  }

  /** Whether somebody is watched: else the owner is not known, or cannot be watched. */
  get isWatching(): boolean {
    return this.#stop !== undefined;
  }

  /** Resolves after so many milliseconds, or when the owner has just gone, or has given the port up: then with `true`. */
  async wait(milliseconds: number): Promise<boolean> {
    if (!this.isWatching) this.#watch();
    let timer: NodeJS.Timeout | undefined;
    if (!this.#isLost) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, milliseconds).unref();
      });
    }
    clearTimeout(timer);
    const isLost = this.#isLost;
    this.#isLost = false;
    if (isLost) this.#readings = 0;
    return isLost;
  }

  close(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.#wake();
  }

  #watch(): void {
    const { shelf } = this.#ledger;
    if (this.#readings < mostReadings) {
      this.#readings += 1;
      try {
        shelf.refresh();
      } catch {
        return; // the folder is gone: the next sweep makes another one
      }
    }
    const name = shelf.ownerOf(this.#port, (one) => this.#gone.has(one))?.file.writer.name;
    if (name === undefined) return;
    this.#stop = this.#ledger.watch(name, () => {
      this.#stop = undefined;
      this.#gone.add(name);
      this.#isLost = true;
      this.#wake();
    });
  }
}
