/** Makes prints complete and light, whatever the screen shows. `draw` draws all charts, also those that nobody has scrolled to. */
export function onPrint(isLight: (light: boolean) => void, draw: () => void): void {
  const scheme = matchMedia('(prefers-color-scheme: light)');
  let closed: HTMLDetailsElement[] = [];
  addEventListener('beforeprint', () => {
    closed = [...document.querySelectorAll<HTMLDetailsElement>('details.part:not([open])')];
    for (const part of closed) part.open = true;
    isLight(true);
    draw();
  });
  addEventListener('afterprint', () => {
    for (const part of closed) part.open = false;
    isLight(scheme.matches);
  });
  scheme.onchange = () => isLight(scheme.matches);
  isLight(scheme.matches);
}
