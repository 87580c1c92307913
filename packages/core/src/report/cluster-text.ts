import type { ClusteredFaces } from '../cluster/cluster-faces.js';
import { shortName } from '../pipeline/document.js';
import { count } from './count.js';
import { copiesText, countsText, judgementText } from './judgement-text.js';

/** What `l2c cluster` found, for people. */
export function clusterText({
  faces,
  invalid,
  clusters,
  singletons,
  largest,
  k,
  copies,
  threshold,
  quality,
  doubts,
  review,
  files,
}: ClusteredFaces): string {
  const lines = [
    files.pipeline === undefined
      ? 'a single face, alone in cluster 0: there was nothing to run, so there is no pipeline and no report'
      : countsText({ faces, clusters, largest, singletons }),
  ];
  if (invalid > 0) lines.push(`${count(invalid, 'row')} left out: zero, NaN or infinite; their cluster is -1`);
  lines.push(...copiesText(copies));
  if (threshold !== undefined) {
    const [from, to] = threshold.plateau;
    const same = from === to ? '' : `, much the same from ${from} to ${to}`;
    lines.push(
      `threshold ${threshold.chosen}, found without labels: clusters ${(100 * threshold.stability).toFixed(1)} % stable around it${same}; ${count(k, 'neighbour')} a face`,
    );
  }
  lines.push(...judgementText(quality, [...(threshold?.doubt === undefined ? [] : [threshold.doubt]), ...doubts]));
  if (review.splits.length > 0) {
    lines.push('', 'Look first at clusters that fall apart where one link is cut, they may be two people:');
    for (const { cluster, parts, inside, across } of review.splits)
      lines.push(
        `  cluster ${cluster}: ${parts.join(' and ')} faces, mean cosine ${inside.toFixed(2)} inside and ${across.toFixed(2)} across`,
      );
  }
  if (review.close.length > 0) {
    lines.push(
      '',
      `${review.splits.length > 0 ? 'and' : 'Look first'} at clusters that are most alike, they may be one person:`,
    );
    for (const { clusters: pair, sizes, similarity } of review.close)
      lines.push(
        `  clusters ${pair.join(' and ')}: ${sizes.join(' and ')} faces, mean cosine ${similarity.toFixed(2)}`,
      );
  }
  lines.push('', `A line for each face: ${shortName(files.clusters)}`);
  if (files.report !== undefined) lines.push(`To look at:              ${shortName(files.report)}`);
  if (files.pipeline !== undefined) lines.push(`To change and run again:  ${shortName(files.pipeline)}`);
  return lines.join('\n');
}
