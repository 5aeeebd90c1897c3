import type { Stroke } from './strokes.ts';

const names = ['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'ok', 'caller', 'cancelled', 'fault', 'line', 'dim'];

let colors: ReadonlyMap<string, string> = new Map();

/** Reads the theme's colours, which a canvas needs as values. */
export function readColors(): void {
  const style = getComputedStyle(document.documentElement);
  colors = new Map(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

export function colorOf(name: string): string {
  return colors.get(name) ?? '';
}

/** Shows a stroke in an element: its colour, and its dashes as a class. */
export function showStroke(element: HTMLElement, { color, dash }: Stroke): void {
  element.style.color = `var(--${color})`;
  element.className = `k d${dash[0] ?? 0}`;
}
