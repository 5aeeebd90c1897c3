import { format, type LiveEvents } from '../live/protocol.ts';
import { formatClock } from './format.ts';
import type { Model } from './model.ts';

export interface Listener {
  /** Somebody speaks. */
  readonly greet: () => void;
  /** How it stands with the service; `isLost` when the numbers are old ones. */
  readonly tell: (text: string, isLost: boolean) => void;
  readonly changed: () => void;
}

/** A service is taken for lost when it says nothing for so long or three frames, in milliseconds: it may hang, with its connection open. */
const patience = 5000;
/** From the greeting to the first frame, which may be megabytes for a slow line. */
const firstPatience = 60_000;
/** Then until it is asked anew: the network may be another one, which a connection that only listens never finds out. */
const givesUp = 10_000;
/** Until the next attempt, where the browser makes none by itself, in milliseconds. */
const pause = 3000;

/** Listens to the stream beside the page, from `open` to `rest`, and puts what it hears into the model. */
export class Ear {
  readonly #model: Model;
  readonly #listener: Listener;
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isLost = false;
  /** Whether it is another run that speaks now. */
  #isAnother = false;
  /** Whether it has been told that it is live. */
  #isLive = false;
  #since = '';

  constructor(model: Model, listener: Listener) {
    this.#model = model;
    this.#listener = listener;
  }

  get isOpen(): boolean {
    return this.#source !== undefined;
  }

  rest(): void {
    const last = this.#model.times.at(-1);
    if (this.isOpen && !this.#isLost && last !== undefined) this.#tell(`Live until ${formatClock(last)}`, false);
    this.#stop();
  }

  /** Begins to listen, anew if it does. */
  open(): void {
    this.#stop();
    const source = new EventSource('live');
    this.#source = source;
    const on = <K extends keyof LiveEvents>(type: K, act: (data: LiveEvents[K]) => void) => {
      source.addEventListener(type, ({ data }: MessageEvent<string>) => act(JSON.parse(data) as LiveEvents[K]));
    };
    on('hello', (hello) => this.#greeted(hello));
    on('frame', (frame) => this.#heard(frame));
    source.onerror = () => {
      this.#lose('Not connected', ': connecting again …');
      if (source.readyState === EventSource.CLOSED) void this.#askWhy(source);
      else this.#wait(givesUp, () => this.open());
    };
    this.#expect(patience);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = undefined;
  }

  #greeted(hello: LiveEvents['hello']): void {
    const { run } = this.#model.hello ?? hello;
    if (hello.format !== format) {
      this.#stop();
      this.#lose('The service has another version than this page', ': load the page again');
      return;
    }
    this.#isAnother ||= run !== hello.run;
    this.#model.begin(hello);
    this.#expect(firstPatience);
    this.#listener.greet();
  }

  #heard(frame: LiveEvents['frame']): void {
    const model = this.#model;
    const before = model.times.at(-1);
    model.read(frame);
    this.#expect(Math.max(patience, model.hello!.interval * 3000));
    // What is told again is not news.
    if (model.times.at(-1) === before) return;
    if (this.#isAnother) this.#tell('Live again: the service has started anew', false);
    else if (this.#isLost) this.#tell('Live again', false);
    else if (!this.#isLive) this.#tell('Live', false);
    this.#isLive = true;
    this.#isAnother = false;
    this.#listener.changed();
  }

  #tell(text: string, isLost: boolean): void {
    this.#isLost = isLost;
    this.#isLive = false;
    this.#listener.tell(text, isLost);
  }

  #lose(what: string, then: string): void {
    const last = this.#model.times.at(-1);
    if (!this.#isLost) this.#since = last === undefined ? '' : ` since ${formatClock(last)}`;
    this.#tell(`${what}${this.#since}${then}`, true);
  }

  /** Something within so many milliseconds. */
  #expect(milliseconds: number): void {
    this.#wait(milliseconds, () => {
      this.#lose('No answer', '');
      this.#wait(givesUp, () => this.open());
    });
  }

  #wait(milliseconds: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, milliseconds);
  }

  /** The browser makes no further attempt, and does not say why. */
  async #askWhy(source: EventSource): Promise<void> {
    this.#wait(pause, () => this.open());
    const why = await refusal();
    if (this.#source === source && why) this.#lose('Not connected', `: ${why}`);
  }
}

/** What the service says instead of the stream, if it says something. */
async function refusal(): Promise<string> {
  const leave = new AbortController();
  try {
    const response = await fetch('live', { signal: leave.signal });
    const { ok, status, statusText, headers } = response;
    if (ok) return '';
    if (!headers.get('content-type')?.startsWith('text/plain')) return `${status} ${statusText}`;
    return (await response.text()).trim().slice(0, 200);
  } catch {
    return '';
  } finally {
    leave.abort();
  }
}
