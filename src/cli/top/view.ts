import type { Host } from '../host.ts';
import { Controls } from './controls.ts';
import { History } from './history.ts';
import { readKeys } from './keys.ts';
import { drawScene } from './picture.ts';
import { Places } from './places.ts';
import type { TargetState } from './poll.ts';
import type { ProcessRow } from './processes.ts';
import type { Order, Row } from './rows.ts';
import { createScreen, type Screen } from './screen.ts';

/** The table on a screen, which keys change between two scrapes. */
export class View {
  readonly #host: Host;
  readonly #interval: number;
  readonly #screen: Screen;
  readonly #history = new History();
  readonly #places = new Places();
  readonly #controls: Controls;
  readonly #stopListening: (() => void) | undefined;
  #states: readonly TargetState[] = [];
  #rows: readonly Row[] | undefined;
  #processes: readonly ProcessRow[] = [];

  constructor(host: Host, { order, interval }: { readonly order: Order; readonly interval: number }) {
    this.#host = host;
    this.#interval = interval;
    this.#controls = new Controls(order, () => this.#places.clear());
    this.#screen = createScreen(host);
    this.#stopListening = host.terminal?.keyboard?.listen((text) => this.#press(text));
  }

  /** Shows a refresh. */
  show(states: readonly TargetState[], rows: readonly Row[] | undefined, processes: readonly ProcessRow[] = []): void {
    this.#states = states;
    this.#processes = processes;
    this.#rows = rows;
    if (rows !== undefined) this.#history.add(rows);
    this.#draw();
  }

  close(): void {
    this.#stopListening?.();
    this.#screen.close();
  }

  #press(text: string): void {
    const keyboard = this.#host.terminal?.keyboard;
    for (const key of readKeys(text)) {
      const request = this.#controls.press(key);
      if (request === 'quit') {
        keyboard?.interrupt();
        return;
      }
      if (request === 'suspend') {
        this.#screen.leave();
        keyboard?.suspend(() => this.#screen.enter());
      }
    }
    if (!this.#host.interrupted.aborted) this.#draw();
  }

  #draw(): void {
    const { terminal } = this.#host;
    this.#screen.show(
      drawScene({
        states: this.#states,
        rows: this.#rows && this.#places.arrange(this.#rows, this.#controls.order),
        processes: this.#processes,
        history: this.#history,
        controls: this.#controls,
        interval: this.#interval,
        color: terminal?.color,
        hasKeys: terminal?.keyboard !== undefined,
      }),
    );
  }
}
