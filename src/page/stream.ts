import type { LiveEvents } from '../serve/live/protocol.ts';
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
/** Until the next attempt, where the browser makes none by itself, in milliseconds. */
const pause = 3000;

/** Listens to the stream beside the page for good, and puts what it tells into the model. */
export function listen(model: Model, { greet, tell, changed }: Listener): void {
  let isLost = false;
  /** Whether it is another run that speaks now. */
  let isAnother = false;
  let since = '';
  let timer: ReturnType<typeof setTimeout> | undefined;
  const lost = (what: string, then: string) => {
    clearTimeout(timer);
    const last = model.times.at(-1);
    if (!isLost) since = last === undefined ? '' : ` since ${formatClock(last)}`;
    isLost = true;
    tell(`${what}${since}${then}`, true);
  };
  const connect = () => {
    const source = new EventSource('live');
    const on = <K extends keyof LiveEvents>(type: K, act: (data: LiveEvents[K]) => void) => {
      source.addEventListener(type, ({ data }: MessageEvent<string>) => act(JSON.parse(data) as LiveEvents[K]));
    };
    on('hello', (hello) => {
      isAnother ||= model.hello !== undefined && model.hello.run !== hello.run;
      model.begin(hello);
      greet();
    });
    on('frame', (frame) => {
      const before = model.times.at(-1);
      model.read(frame);
      clearTimeout(timer);
      timer = setTimeout(() => lost('No answer', ''), Math.max(patience, model.hello!.interval * 3000));
      // What is told again is not news.
      if (model.times.at(-1) === before) return;
      if (isLost) tell(isAnother ? 'Live again: the service has started anew' : 'Live again', false);
      else if (before === undefined) tell('Live', false);
      isLost = isAnother = false;
      changed();
    });
    source.onerror = () => {
      lost('Not connected', ': connecting again …');
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, pause);
    };
  };
  connect();
}
