import type { ClusteredFaces } from '../cluster/cluster-faces.js';
import type { FaceCopies } from '../cluster/distinct-faces.js';
import type { QualityEstimate } from '../cluster/quality-estimate.js';
import { count } from './count.js';

/** How many clusters there are, and how large. */
export function countsText({
  faces,
  clusters,
  largest,
  singletons,
}: Pick<ClusteredFaces, 'faces' | 'clusters' | 'largest' | 'singletons'>): string {
  const most = clusters === 0 ? '' : `, the largest of ${largest.toLocaleString('en')},`;
  return `${count(faces, 'face')}: ${count(clusters, 'cluster')} of two or more${most} and ${count(singletons, 'single face')}`;
}

/** A line where faces are copies of others. */
export function copiesText(copies: FaceCopies | undefined): string[] {
  if (copies === undefined) return [];
  const [original, copy] = copies.example;
  const many = count(copies.count, 'face is a copy', 'faces are copies');
  return [
    `${many} of others, such as row ${copy} of row ${original}; leave them out of the file where they are not meant`,
  ];
}

/** How good clusters seem, where that is estimated, and what speaks against them, a line each. */
export function judgementText(quality: QualityEstimate | undefined, doubts: readonly string[]): string[] {
  return [...(quality === undefined ? [] : [qualityLine(quality)]), ...doubts.map((doubt) => `doubtful: ${doubt}`)];
}

function qualityLine({ bcubed, pairwise }: QualityEstimate): string {
  const percent = (value: number): string => (100 * value).toFixed(1);
  const both = ({ precision, recall }: QualityEstimate['bcubed'], kind: string): string =>
    `${kind}precision ${percent(precision.value)} % and recall ${percent(recall.value)} %, on average ${percent(precision.error)} and ${percent(recall.error)} points off`;
  return `estimated without labels: ${both(bcubed, 'BCubed ')}; pairs of faces ${both(pairwise, '')}`;
}
