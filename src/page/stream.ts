import { format, type LiveEvents } from '../live/protocol.ts';
import { formatClock } from './format.ts';
import type { Model } from './model.ts';

export interface Listener {
  /** Called at each greeting of the service. */
  readonly greet: () => void;
  /** Called with the state of the connection. `isLost` means that the numbers are old. */
  readonly tell: (text: string, isLost: boolean) => void;
  /** Called when the model has a new moment. */
  readonly changed: () => void;
}

/** Longest silence before the service counts as lost, in milliseconds: it may hang with its connection open. At least three frames. */
const patience = 5000;
/** The same from the greeting to the first frame, which may be megabytes on a slow line. */
const firstPatience = 60_000;
/** Milliseconds from then to a new connection: the network may have changed, which a connection that only reads never notices. */
const givesUp = 10_000;
/** Milliseconds until the next attempt if the browser makes none by itself. */
const pause = 3000;

/** Reads the stream from `open` to `rest`, and puts its frames into the model. */
export class StreamReader {
  readonly #model: Model;
  readonly #listener: Listener;
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isLost = false;
  /** Whether another run of the service answers now. */
  #isAnother = false;
  /** Whether the listener knows that the stream is live. */
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

  /** Opens the stream, or opens it again. */
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
    // A frame that the model has already.
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

  /** Expects the next event within so many milliseconds. */
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

  /** The browser has given up, and does not say why. */
  async #askWhy(source: EventSource): Promise<void> {
    this.#wait(pause, () => this.open());
    const why = await refusal();
    if (this.#source === source && why) this.#lose('Not connected', `: ${why}`);
  }
}

/** The service's answer in place of the stream; empty if there is none. */
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
