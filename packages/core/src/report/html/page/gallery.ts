import { element } from './dom.js';
import { face } from './faces.js';
import { pairView } from './pair-view.js';
import type { Partition } from './partition.js';
import type { RunModel } from './run-model.js';

/** Faces shown under a heading of their own; '' for none. */
export interface FaceGroup {
  readonly title: string;
  readonly faces: readonly number[];
}

/** Faces of one group shown at first, and added by each press of a button. */
const page = 120;

/** Faces in groups; two that are pressed are explained. */
export class Gallery {
  readonly node: HTMLElement;
  private readonly answer = element('div', { 'aria-live': 'polite' });
  private chosen: number[] = [];
  private turn = 0;

  constructor(
    private readonly model: RunModel,
    private readonly pipeline: number,
    private readonly partition: Partition,
    groups: readonly FaceGroup[],
  ) {
    this.node = element('div', {}, this.answer, ...groups.flatMap((group) => this.group(group)));
  }

  private group({ title, faces }: FaceGroup): HTMLElement[] {
    const list = element('div', { class: 'faces' });
    const usual = this.mostOften(faces);
    let shown = 0;
    const extend = (): void => {
      const end = Math.min(faces.length, shown + page);
      for (; shown < end; shown++) list.append(this.member(faces[shown], usual));
      const left = faces.length - shown;
      more.hidden = left === 0;
      more.textContent = `Show ${Math.min(page, left)} more of ${left.toLocaleString('en')}`;
    };
    const more = element('button', { class: 'more', onclick: extend });
    extend();
    return [...(title === '' ? [] : [element('h3', {}, title)]), list, more];
  }

  private member(instance: number, usual: number): HTMLElement {
    const { truth } = this.model;
    const { fits } = this.partition;
    const fit = fits === undefined ? '' : `fit ${fits[instance].toFixed(2)}`;
    const identity =
      truth === undefined ? '' : truth[instance] < 0 ? 'identity unknown' : `identity ${truth[instance]}`;
    const about = [fit, identity].filter((text) => text !== '').join('\n');
    const made = face(this.model, instance, about, () => void this.press(instance));
    if (truth !== undefined && truth[instance] >= 0 && truth[instance] !== usual) made.classList.add('other');
    return made;
  }

  /** The identity of most of the faces; -1 where none is known. */
  private mostOften(faces: readonly number[]): number {
    const { truth } = this.model;
    const counts = new Map<number, number>();
    let most = -1;
    for (const instance of faces) {
      const identity = truth?.[instance] ?? -1;
      if (identity < 0) continue;
      const count = (counts.get(identity) ?? 0) + 1;
      counts.set(identity, count);
      if (count > (counts.get(most) ?? 0)) most = identity;
    }
    return most;
  }

  private async press(instance: number): Promise<void> {
    this.chosen = this.chosen.includes(instance)
      ? this.chosen.filter((other) => other !== instance)
      : [...this.chosen.slice(-1), instance];
    for (const button of this.node.querySelectorAll('[data-face]'))
      button.setAttribute('aria-pressed', String(this.chosen.includes(Number(button.getAttribute('data-face')))));
    const [a, b] = this.chosen;
    const turn = ++this.turn;
    this.answer.replaceChildren();
    if (b === undefined) return;
    const links = await this.partition.links();
    if (turn !== this.turn) return;
    const view = pairView(this.model, this.model.data.pipelines[this.pipeline], this.partition, links, a, b);
    this.answer.append(view);
    // the head of the window stays over what scrolls
    const head = this.node.closest('dialog')?.querySelector('header')?.offsetHeight ?? 0;
    view.style.scrollMarginTop = `${head}px`;
    view.scrollIntoView({ block: 'start' });
  }
}
