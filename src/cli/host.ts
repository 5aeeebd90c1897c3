import type { Request } from './request.ts';

/** What a command needs of the process that it runs in; tests bring their own. */
export interface Host {
  /** Writes to standard output, as it is. */
  readonly out: (text: string) => void;
  /** Writes to standard error, as it is. */
  readonly err: (text: string) => void;
  readonly request: Request;
  /** Monotonic clock, in seconds. */
  readonly now: () => number;
  /** In seconds since 1970. */
  readonly wallClock: () => number;
  /** Resolves after `seconds`, or at once when the signal is or becomes aborted. */
  readonly sleep: (seconds: number, signal: AbortSignal) => Promise<void>;
  /** Aborted when the user wants the command to end. */
  readonly interrupted: AbortSignal;
  /** The terminal that `out` writes to, if it is one. */
  readonly terminal: Terminal | undefined;
  /** Width of what is written where there is no terminal, in characters; as wide as it gets by default. */
  readonly columns?: number | undefined;
}

export interface Terminal {
  /** Its size now, in characters. */
  readonly size: () => { readonly columns: number; readonly rows: number };
  readonly color: boolean;
  /** Calls the listener at every change of the size; the function returned ends that. */
  readonly onResize: (listener: () => void) => () => void;
  /** The keyboard, if keys come from a terminal, too. */
  readonly keyboard?: Keyboard | undefined;
}

export interface Keyboard {
  /** Calls the listener with what is typed, as the terminal sends it and without an echo; the function returned ends that. */
  readonly listen: (listener: (text: string) => void) => () => void;
  /** Ends the command, as Ctrl-C does where nobody listens. */
  readonly interrupt: () => void;
  /** Stops the process, as Ctrl-Z does where nobody listens; calls `resumed` when it goes on. */
  readonly suspend: (resumed: () => void) => void;
}

/** Exit code of a command that Ctrl-C kept from its end, as shells have it: 128 and SIGINT's number. */
export const interruptedCode = 130;
