/** What keys do. */
export interface Actions {
  readonly filter: HTMLInputElement;
  readonly pause: () => void;
  /** By so many moments. */
  readonly step: (moments: number) => void;
  /** Back to all methods. */
  readonly all: () => void;
}

/** `/` filters, space or `p` pauses, left and right go through time, Escape goes back; up and down go through the rows of the table. */
export function onKeys({ filter, pause, step, all }: Actions): void {
  document.onkeydown = (event) => {
    const { key, target, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || altKey) return;
    const at = target as HTMLElement; // of a key that is pressed
    const isField = at instanceof HTMLInputElement;
    const row = at.closest('tbody tr');
    const ways = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' } as const;
    if (key === 'Escape') {
      if (isField && at.value) {
        at.value = '';
        at.dispatchEvent(new Event('input'));
      } else if (isField) at.blur();
      else all();
    } else if (isField) return;
    else if (key === '/') filter.focus();
    else if (key === 'p' || (key === ' ' && !at.closest('button, summary, a'))) pause();
    else if (key === 'ArrowLeft') step(-1);
    else if (key === 'ArrowRight') step(1);
    else if (row && key in ways) {
      const way = ways[key as keyof typeof ways];
      let next = row[way];
      while (next && (next as HTMLElement).hidden) next = next[way];
      next?.querySelector('button')?.focus();
    } else return;
    event.preventDefault();
  };
}
