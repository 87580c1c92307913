import type { Split } from '../../../cluster/cluster-splits.js';
import { clusterFacts } from './cluster-facts.js';
import { count, element } from './dom.js';
import { Gallery, type FaceGroup } from './gallery.js';
import { pairView } from './pair-view.js';
import type { Partition } from './partition.js';
import type { RunModel } from './run-model.js';

/** Clusters and pairs of faces, in a window over the page. */
export class ClusterDialog {
  private readonly body = element('div');
  private readonly title = element('h2', { id: 'dialog-title' });
  readonly node = element(
    'dialog',
    { 'aria-labelledby': 'dialog-title', closedby: 'any' },
    element(
      'header',
      {},
      this.title,
      element('button', { onclick: () => this.node.close(), 'aria-label': 'Close' }, '×'),
    ),
    this.body,
  );

  constructor(private readonly model: RunModel) {}

  /** A cluster, face by face. */
  async open(pipeline: number, cluster: number): Promise<void> {
    await this.show(pipeline, `Cluster ${cluster}`, async (partition) => {
      const faces = partition.members(cluster);
      const note = `${count(faces.length, 'face')}, the most typical first. Press two faces to see why they are together.`;
      return [
        element('p', {}, note),
        await this.facts(pipeline, partition, cluster),
        this.gallery(pipeline, partition, [{ title: '', faces }]),
      ];
    });
  }

  /** A cluster in the two parts that it falls into. */
  async openSplit(pipeline: number, { cluster, link }: Split): Promise<void> {
    await this.show(pipeline, `Cluster ${cluster}: one person, or two?`, async (partition) => {
      const links = await partition.links();
      const parts = links?.parts(partition.members(cluster), link) ?? [partition.members(cluster)];
      const groups = parts.map((faces, i) => ({
        title: `${i === 0 ? 'The one part' : 'The other'}: ${count(faces.length, 'face')}`,
        faces,
      }));
      return [
        await this.facts(pipeline, partition, cluster),
        this.gallery(pipeline, partition, links === undefined ? [{ title: '', faces: parts[0] }] : groups),
      ];
    });
  }

  /** Two clusters, one under the other. */
  async openTwo(pipeline: number, [a, b]: readonly [number, number]): Promise<void> {
    await this.show(pipeline, `Clusters ${a} and ${b}: one person?`, (partition) => {
      const groups = [a, b].map((cluster): FaceGroup => {
        const faces = partition.members(cluster);
        return { title: `Cluster ${cluster}: ${count(faces.length, 'face')}`, faces };
      });
      return [
        element('p', {}, 'Press a face of each to see why they are apart.'),
        this.gallery(pipeline, partition, groups),
      ];
    });
  }

  /** Why two faces are together, or not. */
  async openPair(pipeline: number, a: number, b: number): Promise<void> {
    await this.model.load();
    await this.show(pipeline, `${this.model.name(a)} and ${this.model.name(b)}`, async (partition) => {
      const clusters = [...new Set([partition.labels[a], partition.labels[b]])];
      const buttons = clusters.map((cluster) => this.link(pipeline, cluster, `Cluster ${cluster}`));
      const data = this.model.data.pipelines[pipeline];
      return [
        pairView(this.model, data, partition, await partition.links(), a, b),
        element('p', { class: 'actions' }, ...buttons),
      ];
    });
  }

  private async show(
    pipeline: number,
    title: string,
    content: (
      partition: Partition,
    ) => readonly (HTMLElement | undefined)[] | Promise<readonly (HTMLElement | undefined)[]>,
  ): Promise<void> {
    const { pipelines } = this.model.data;
    this.title.textContent = pipelines.length === 1 ? title : `${title} (${pipelines[pipeline].name})`;
    this.body.replaceChildren(element('p', { class: 'note' }, 'Reading …'));
    if (!this.node.open) this.node.showModal();
    const [partition] = await Promise.all([this.model.partition(pipeline), this.model.load()]);
    const nodes =
      partition === undefined
        ? [element('p', {}, 'This page had no room for which face is where: labels.meta has it, and "l2c explain".')]
        : await content(partition);
    this.body.replaceChildren(...nodes.filter((node) => node !== undefined));
    this.node.scrollTop = 0;
  }

  private link(pipeline: number, cluster: number, text = String(cluster)): HTMLElement {
    const kind = text === String(cluster) ? 'link' : undefined;
    return element('button', { class: kind, onclick: () => void this.open(pipeline, cluster) }, text);
  }

  private facts(pipeline: number, partition: Partition, cluster: number): Promise<HTMLElement | undefined> {
    return clusterFacts(this.model, pipeline, partition, cluster, (other) => this.link(pipeline, other));
  }

  private gallery(pipeline: number, partition: Partition, groups: readonly FaceGroup[]): HTMLElement {
    return new Gallery(this.model, pipeline, partition, groups).node;
  }
}
