import { decimals, element, percent } from './dom.js';
import type { Partition } from './partition.js';
import type { RunModel } from './run-model.js';

/** What is known of a cluster, in a sentence or two, with buttons to those it speaks of. */
export async function clusterFacts(
  model: RunModel,
  pipeline: number,
  { labels }: Partition,
  cluster: number,
  link: (cluster: number) => HTMLElement,
): Promise<HTMLElement | undefined> {
  const row = (await model.clusters(pipeline))?.find((each) => each.cluster === cluster);
  if (row === undefined) return undefined;
  const { similarity, nearest, nearestSimilarity, identity = -1, purity = 0, missed = 0 } = row;
  const parts: (string | HTMLElement)[] = [`Cohesion ${decimals(similarity)}.`];
  if (nearest >= 0) parts.push(' The nearest is cluster ', link(nearest), `, at ${decimals(1 - nearestSimilarity)}.`);
  if (identity >= 0) {
    parts.push(` ${percent(purity)} of its faces are of identity ${identity}`);
    parts.push(missed === 0 ? ', all of whose faces are here.' : '; more of them are in ');
    if (missed > 0) parts.push(...elsewhere(model, labels, cluster, identity, link), '.');
  }
  return element('p', {}, ...parts);
}

/** Clusters named where faces of an identity are missed. */
const mostNamed = 8;

function elsewhere(
  model: RunModel,
  labels: ArrayLike<number>,
  cluster: number,
  identity: number,
  link: (cluster: number) => HTMLElement,
): (string | HTMLElement)[] {
  const { truth } = model;
  const counts = new Map<number, number>();
  for (let i = 0; truth !== undefined && i < truth.length; i++) {
    if (truth[i] === identity && labels[i] !== cluster) counts.set(labels[i], (counts.get(labels[i]) ?? 0) + 1);
  }
  const found = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  const named = found
    .slice(0, mostNamed)
    .flatMap(([other, faces], i) => [i === 0 ? 'cluster ' : ', ', link(other), ` (${faces})`]);
  const left = found.length - mostNamed;
  return left > 0 ? [...named, ` and ${left} more`] : named;
}
