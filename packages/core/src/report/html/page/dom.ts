type Child = Node | string | undefined;

/** What an element gets: attributes by name, and `onclick` and its like as listeners. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined | ((event: Event) => void)>>;

/** Makes an element. Text goes in as text: nothing a user has written becomes markup. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children) if (child !== undefined) made.append(child);
  return made;
}

/** A section under a heading, reachable by the menu. */
export function section(id: string, title: string, ...children: readonly Child[]): HTMLElement {
  return element(
    'section',
    { id, 'aria-labelledby': `${id}-title` },
    element('h2', { id: `${id}-title` }, title),
    ...children,
  );
}

export const count = (n: number, one: string, many = `${one}s`): string =>
  `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
export const decimals = (value: number): string => value.toFixed(3);
/** Of a share; what is neither none nor all never reads as if it were. */
export function percent(value: number): string {
  if (value > 0 && value < 0.0005) return '< 0.1 %';
  if (value < 1 && value >= 0.9995) return '> 99.9 %';
  return `${(100 * value).toFixed(1)} %`;
}
