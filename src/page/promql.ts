import { $, h, say } from './dom.ts';
import { queryOver, shortest } from './query.ts';
import type { View } from './view.ts';

/** A button that shows the queries of a chart over the chosen window, each with a button that copies it. */
export function promqlOf(title: string, queries: readonly (readonly [name: string, query: string])[], view: View) {
  const box = h('details', { className: 'promql' }, h('summary', { 'aria-label': `PromQL of ${title}` }, 'PromQL'));
  let shown = 0;
  const fill = () => {
    if (!box.open || shown === view.window) return;
    shown = view.window;
    const note = view.window < shortest ? [h('small', {}, 'Over 1 min: a shorter range holds too few scrapes')] : [];
    box.replaceChildren(
      box.firstElementChild!,
      ...queries.map(([name, query]) => queryOf(title, name, query, view)),
      ...note,
    );
  };
  box.ontoggle = fill;
  return { element: box, draw: fill };
}

function queryOf(title: string, name: string, query: string, view: View): HTMLElement {
  const text = queryOver(query, view.window);
  const label = `Copy PromQL of ${title}${name === 'PromQL' ? '' : `, ${name}`}`;
  const button = h('button', { 'aria-label': label }, name === 'PromQL' ? 'Copy' : `Copy ${name}`);
  button.onclick = () => void copy(text, button);
  return h('div', {}, h('code', {}, text), button);
}

/** Ends what is said of the last copy. */
let quiet = () => {};

/** Copies a text to the clipboard. Where there is none, the text is selected in a field. */
export async function copy(text: string, near: HTMLElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    quiet();
    near.classList.add('done');
    say($('said'), 'Copied');
    const timer = setTimeout(() => quiet(), 1500);
    quiet = () => {
      clearTimeout(timer);
      near.classList.remove('done');
      say($('said'), '');
    };
  } catch {
    const copied = h('input', { readOnly: true, value: text, ariaLabel: 'Text to copy' });
    copied.onblur = () => copied.remove();
    near.after(copied);
    copied.select();
  }
}
