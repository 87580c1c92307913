import { element } from './dom.js';
import type { RunModel } from './run-model.js';

/** One face: its image where there is one, read when it comes into view, and its name. */
export function face(model: RunModel, instance: number, about = '', onclick?: () => void): HTMLElement {
  const name = model.name(instance);
  const address = model.image(instance);
  const image =
    address === ''
      ? undefined
      : element('img', {
          src: address,
          alt: '',
          loading: 'lazy',
          decoding: 'async',
          onerror: (event) => lost(event, address),
        });
  const children = [
    image,
    element('span', { class: 'name' }, name),
    about === '' ? undefined : element('small', {}, about),
  ];
  if (onclick === undefined) return element('div', { class: 'face' }, ...children);
  return element('button', { class: 'face', 'aria-pressed': 'false', 'data-face': instance, onclick }, ...children);
}

/** What can't be read is said, where it would be. */
function lost(event: Event, address: string): void {
  const image = event.target as HTMLImageElement;
  image.replaceWith(element('span', { class: 'lost', title: readable(address) }, 'no image'));
}

/** An address as people write it; not every address that users give can be. */
function readable(address: string): string {
  if (address.startsWith('data:')) return '';
  try {
    return decodeURI(address);
  } catch {
    return address;
  }
}
