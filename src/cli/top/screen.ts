import type { Host, Terminal } from '../host.ts';

/** Draws whole pictures: in place on a terminal, which is given back as it was; one below the other elsewhere. */
export interface Screen {
  /** Shows what `picture` makes for the size that there is, again at every resize. */
  readonly show: (picture: Picture) => void;
  /** Gives the terminal back for a while: nothing is drawn until `enter`. */
  readonly leave: () => void;
  /** Draws again. */
  readonly enter: () => void;
  readonly close: () => void;
}

export type Picture = (size: { readonly columns: number; readonly rows: number }) => readonly string[];

/** Alternate screen, no cursor, no wrapping; and back. */
const enterCodes = '\u001B[?1049h\u001B[?25l\u001B[?7l';
const leaveCodes = '\u001B[?7h\u001B[?25h\u001B[?1049l';

export function createScreen({ out, terminal, columns = Infinity }: Host): Screen {
  return terminal === undefined ? plainScreen(out, columns) : fullScreen(out, terminal);
}

function plainScreen(out: Host['out'], columns: number): Screen {
  let shown = 0;
  return {
    show: (picture) => {
      const lines = picture({ columns, rows: Infinity });
      out(`${shown === 0 ? '' : '\n'}${lines.join('\n')}\n`);
      shown += 1;
    },
    leave: () => {},
    enter: () => {},
    close: () => {},
  };
}

function fullScreen(out: Host['out'], terminal: Terminal): Screen {
  let last: Picture = () => [];
  let isLeft = false;
  const draw = () => {
    if (isLeft) return;
    const size = terminal.size();
    const lines = last(size).slice(0, size.rows);
    // From the top, each line cleared before it is written (after a full line it would lose its end), then what is below.
    out(
      `\u001B[H${lines.map((line) => `\u001B[K${line}`).join('\r\n')}${lines.length < size.rows ? '\r\n\u001B[J' : ''}`,
    );
  };
  const stopListening = terminal.onResize(draw);
  out(enterCodes);
  const leave = () => {
    if (!isLeft) out(leaveCodes);
    isLeft = true;
  };
  return {
    show: (picture) => {
      last = picture;
      draw();
    },
    leave,
    enter: () => {
      isLeft = false;
      out(enterCodes);
      draw();
    },
    close: () => {
      stopListening();
      leave();
    },
  };
}
