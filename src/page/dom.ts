type Child = Node | string;

/** An element: properties are set, others are attributes. Text is text, never markup. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | number | boolean | (() => void) | undefined>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name in element) Reflect.set(element, name, value);
    else if (value !== undefined) element.setAttribute(name, value as string); // or what becomes one
  }
  element.append(...children);
  return element;
}

/** The element of the page with this id. */
export function $(id: string): HTMLElement {
  return document.getElementById(id)!;
}

/** The field of the page with this id. */
export function field(id: string): HTMLInputElement {
  return $(id) as HTMLInputElement; // as page.html has it
}

/** A name that may wrap after each underscore. */
export function breakable(name: string): (string | HTMLElement)[] {
  return name.split(/(?<=_)/).flatMap((part, index) => (index > 0 ? [h('wbr'), part] : [part]));
}

/** Changes a text only if it is another one. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function attribute(element: Element, name: string, value: unknown): void {
  const text = String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/** A line through values from the left to the right, from 0 to the largest, in a box of 100 by 20. */
export function sparkline(): {
  readonly element: SVGElement;
  readonly draw: (values: readonly (number | null)[]) => void;
} {
  const of = (tag: string, attributes: Readonly<Record<string, string>>) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const element = of('svg', { viewBox: '0 0 100 20', preserveAspectRatio: 'none', 'aria-hidden': 'true' });
  const path = of('path', {});
  element.append(path);
  const draw = (values: readonly (number | null)[]) => {
    const most = Math.max(...values.map((value) => value ?? 0)) || 1;
    let pen = 'M';
    const steps = values.map((value, index) => {
      if (value === null) {
        pen = 'M';
        return '';
      }
      const step = `${pen}${((index * 100) / (values.length - 1)).toFixed(1)} ${(19 - (value / most) * 18).toFixed(1)}`;
      pen = 'L';
      return step;
    });
    attribute(path, 'd', steps.join(''));
  };
  return { element, draw };
}

/** Buttons of which one is pressed. */
export function choice<T extends string | number>(
  label: string,
  options: Readonly<Record<string, T>>,
  choose: (value: T) => void,
): { readonly element: HTMLElement; readonly show: (value: NoInfer<T>) => void } {
  const entries = Object.entries(options).map(
    ([text, value]) => [h('button', { onclick: () => choose(value) }, text), value] as const,
  );
  const element = h(
    'div',
    { role: 'group', 'aria-label': label, className: 'choice' },
    ...entries.map(([button]) => button),
  );
  const show = (now: T) => {
    for (const [button, value] of entries) attribute(button, 'aria-pressed', value === now);
  };
  return { element, show };
}

const seen = new WeakMap<Element, (isSeen: boolean) => void>();
const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) seen.get(target)?.(isIntersecting);
  },
  { rootMargin: '100px' },
);

/** Tells when an element comes into view and when it leaves. */
export function watch(element: Element, tell: (isSeen: boolean) => void): void {
  seen.set(element, tell);
  observer.observe(element);
}
