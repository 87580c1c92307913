import { count, decimals, element, percent } from './dom.js';
import { face } from './faces.js';
import { pairView } from './pair-view.js';
import type { Partition, RunModel } from './run-model.js';

const page = 120;

/** A cluster, face by face, in a window of its own; two faces that are pressed are explained. */
export class ClusterDialog {
  private readonly body = element('div');
  private readonly title = element('h2', { id: 'dialog-title' });
  readonly node = element(
    'dialog',
    { 'aria-labelledby': 'dialog-title' },
    element(
      'header',
      {},
      this.title,
      element('button', { onclick: () => this.node.close(), 'aria-label': 'Close' }, '×'),
    ),
    this.body,
  );
  private chosen: number[] = [];

  constructor(private readonly model: RunModel) {}

  async open(pipeline: number, cluster: number): Promise<void> {
    const data = this.model.data.pipelines[pipeline];
    const [partition] = await Promise.all([this.model.partition(pipeline), this.model.load()]);
    this.title.textContent = `Cluster ${cluster} (${data.name})`;
    this.chosen = [];
    if (partition === undefined) {
      this.body.replaceChildren(element('p', {}, 'This page had no room for which face is where; see labels.meta.'));
    } else {
      const members = partition.members(cluster);
      const answer = element('div', { 'aria-live': 'polite' });
      const faces = element('div', { class: 'faces' });
      this.body.replaceChildren(
        element(
          'p',
          {},
          `${count(members.length, 'face')}, the most typical first. Press two faces to see why they are together.`,
        ),
        answer,
        faces,
        this.moreButton(pipeline, partition, members, faces, answer),
      );
    }
    if (!this.node.open) this.node.showModal();
    this.node.scrollTop = 0;
  }

  /** Why two faces are together, or not. */
  async openPair(pipeline: number, a: number, b: number): Promise<void> {
    const [partition] = await Promise.all([this.model.partition(pipeline), this.model.load()]);
    const data = this.model.data.pipelines[pipeline];
    this.title.textContent = `${this.model.name(a)} and ${this.model.name(b)} (${data.name})`;
    this.body.replaceChildren(
      partition === undefined
        ? element('p', {}, 'This page had no room for which face is where; "l2c explain" says it.')
        : pairView(this.model, data, partition, a, b),
    );
    if (partition !== undefined) {
      const clusters = [...new Set([partition.labels[a], partition.labels[b]])];
      const buttons = clusters.map((cluster) =>
        element('button', { onclick: () => void this.open(pipeline, cluster) }, `Cluster ${cluster}`),
      );
      this.body.append(element('p', {}, ...buttons));
    }
    if (!this.node.open) this.node.showModal();
    this.node.scrollTop = 0;
  }

  private moreButton(
    pipeline: number,
    partition: Partition,
    members: readonly number[],
    faces: HTMLElement,
    answer: HTMLElement,
  ): HTMLElement {
    let shown = 0;
    const extend = (): void => {
      const end = Math.min(members.length, shown + page);
      for (; shown < end; shown++) faces.append(this.member(pipeline, partition, members[shown], faces, answer));
      more.hidden = shown === members.length;
      more.textContent = `Show ${Math.min(page, members.length - shown)} more of ${members.length - shown}`;
    };
    const more = element('button', { class: 'more', onclick: extend });
    extend();
    return more;
  }

  private member(
    pipeline: number,
    partition: Partition,
    instance: number,
    faces: HTMLElement,
    answer: HTMLElement,
  ): HTMLElement {
    const { truth, data } = this.model;
    const fit = partition.fits === undefined ? '' : `fit ${decimals(partition.fits[instance]).slice(0, -1)}`;
    const identity =
      truth === undefined ? '' : truth[instance] < 0 ? 'identity unknown' : `identity ${truth[instance]}`;
    const about = [fit, identity].filter((text) => text !== '').join(', ');
    return face(this.model, instance, about, () => {
      this.chosen = this.chosen.includes(instance)
        ? this.chosen.filter((other) => other !== instance)
        : [...this.chosen.slice(-1), instance];
      for (const button of faces.children)
        button.setAttribute('aria-pressed', String(this.chosen.includes(Number(button.getAttribute('data-face')))));
      const [a, b] = this.chosen;
      answer.replaceChildren();
      if (b === undefined) return;
      const view = pairView(this.model, data.pipelines[pipeline], partition, a, b);
      answer.append(view);
      view.scrollIntoView({ block: 'start' });
    });
  }
}

/** How many faces are single, in words. */
export const singlesNote = (singles: number, instances: number): string =>
  `${count(singles, 'face')} (${percent(singles / instances)}) are alone.`;
