/** What keys do. */
export interface Actions {
  readonly filter: HTMLInputElement;
  readonly pause: () => void;
  /** Back to all methods. */
  readonly all: () => void;
}

/** `/` filters, space or `p` pauses, Escape goes back; up and down go through the rows of the table. */
export function onKeys({ filter, pause, all }: Actions): void {
  document.onkeydown = (event) => {
    const { key, target, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || altKey) return;
    const at = target as HTMLElement; // of a key that is pressed
    const isField = at instanceof HTMLInputElement;
    const row = at.closest('tbody tr');
    const step = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' } as const;
    if (key === 'Escape') {
      if (isField && at.value) {
        at.value = '';
        at.dispatchEvent(new Event('input'));
      } else if (isField) at.blur();
      else all();
    } else if (isField) return;
    else if (key === '/') filter.focus();
    else if (key === 'p' || (key === ' ' && !at.closest('button, summary, a'))) pause();
    else if (row && key in step) {
      const way = step[key as keyof typeof step];
      let next = row[way];
      while (next && (next as HTMLElement).hidden) next = next[way];
      next?.querySelector('button')?.focus();
    } else return;
    event.preventDefault();
  };
}
