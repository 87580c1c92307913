import { element } from './dom.js';
import type { RunModel } from './run-model.js';

/** Asks for two faces, by name or row, and opens what is between them. */
export function explainForm(model: RunModel, open: (a: number, b: number) => void): HTMLElement {
  const status = element('p', { class: 'note', role: 'status' });
  const input = (label: string): HTMLInputElement =>
    element('input', { type: 'text', 'aria-label': label, placeholder: label, required: true });
  const [first, second] = [input('one face: name or row'), input('another face')];
  const form = element(
    'form',
    {
      class: 'explain',
      onsubmit: (event) => {
        event.preventDefault();
        void explain();
      },
    },
    first,
    second,
    element('button', { type: 'submit' }, 'Explain'),
  );
  const explain = async (): Promise<void> => {
    await model.load();
    const faces = [first, second].map(({ value }) => model.find(value));
    const lost = [first, second].filter((_, i) => faces[i] === -1).map(({ value }) => `"${value}"`);
    status.textContent = lost.length === 0 ? '' : `There is no face ${lost.join(' and ')}.`;
    if (lost.length === 0) open(faces[0], faces[1]);
  };
  return element('div', {}, element('p', {}, 'Why are two faces together, or why not?'), form, status);
}
