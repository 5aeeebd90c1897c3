import { commandFor, methodToCall } from './command.ts';
import { h, say } from './dom.ts';
import { copy } from './promql.ts';
import type { Calls } from './rows.ts';

/** What to do where no call was seen. */
export class FirstCall {
  readonly element: HTMLElement;
  readonly #title = h('b', {});
  readonly #command = h('code', {});
  readonly #hint = h('p', {});
  readonly #line: HTMLElement;

  constructor() {
    const button = h('button', { 'aria-label': 'Copy the command' }, 'Copy');
    button.onclick = () => void copy(this.#command.textContent, button);
    this.#line = h('div', { className: 'line' }, this.#command, button);
    this.element = h('div', { id: 'first', hidden: true }, this.#title, this.#line, this.#hint);
  }

  /** `ever` is the number of calls since the service began, `recent` the number of those that the page knows. */
  draw(side: 'server' | 'client', calls: readonly Calls[], chosen: string, ever: number, recent: number): void {
    this.element.hidden = calls.length === 0 || recent > 0;
    if (this.element.hidden) return;
    const method = methodToCall(calls, chosen);
    const isServer = side === 'server';
    const quiet = `No call in the last minutes, ${ever} before them.`;
    say(this.#title, ever > 0 ? quiet : isServer ? 'No calls yet.' : 'This process has made no calls yet.');
    this.#line.hidden = !isServer || ever > 0 || method === undefined;
    if (this.#line.hidden || method === undefined) {
      say(this.#hint, '');
      return;
    }
    say(this.#command, commandFor(method));
    const service = method.slice(1, method.lastIndexOf('/'));
    say(
      this.#hint,
      `FILE.proto defines ${service}: a grpc-js server has no reflection unless you add it. ` +
        'HOST:PORT is where your server listens. With TLS leave -plaintext out.',
    );
  }
}
