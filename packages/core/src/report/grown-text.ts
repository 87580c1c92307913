import { dirname } from 'node:path';
import type { AssignedFaces } from '../cluster/assign-faces.js';
import type { GrownFaces } from '../cluster/finish-growth.js';
import type { UpdatedFaces } from '../cluster/update-faces.js';
import { shortName } from '../pipeline/document.js';
import { count } from './count.js';
import { copiesText, countsText, judgementText } from './judgement-text.js';

/** What `l2c assign` did, for people. */
export function assignText(found: AssignedFaces): string {
  const { added, invalid, copies, joined, together, alone, moved, files } = found;
  const lines = [
    `${count(added, 'new face')}: ${joined.toLocaleString('en')} with earlier ones, ${together.toLocaleString('en')} in new clusters with each other, ${alone.toLocaleString('en')} alone`,
  ];
  if (invalid > 0) lines.push(`${count(invalid, 'row')} left out: zero, NaN or infinite; their cluster is -1`);
  if (copies > 0) lines.push(`${count(copies, 'new face is a copy', 'new faces are copies')} of earlier ones`);
  if (moved > 0) lines.push(`${count(moved, 'earlier face')} changed the cluster`);
  lines.push(`now ${countsText(found)}`, ...alikeText(found), '', ...filesText(found));
  lines.push(`To join and part them: l2c cluster ${shortName(dirname(files.clusters))} --update`);
  return lines.join('\n');
}

/** What `l2c cluster --update` did, for people. */
export function updateText(found: UpdatedFaces): string {
  const { moved, renewed, threshold, copies, quality, doubts } = found;
  const lines = [`${count(moved, 'face')} changed the cluster`];
  if (renewed) lines.push(`threshold found anew: ${threshold}`);
  lines.push(
    `now ${countsText(found)}`,
    ...copiesText(copies),
    ...judgementText(quality, doubts),
    '',
    ...filesText(found),
  );
  lines.push(`To cluster all again:  l2c run ${shortName(found.files.pipeline)}`);
  return lines.join('\n');
}

const mostListed = 5;

function alikeText({ alike }: GrownFaces): string[] {
  if (alike.length === 0) return [];
  const listed = alike
    .slice(0, mostListed)
    .map(
      ({ clusters, sizes, similarity }) =>
        `  clusters ${clusters.join(' and ')}: ${sizes.join(' and ')} faces, mean cosine ${similarity.toFixed(2)}`,
    );
  const more = alike.length > mostListed ? `  and ${count(alike.length - mostListed, 'more pair')}` : undefined;
  return [
    '',
    'Clusters that look like one person now, left apart (l2c cluster --update joins them):',
    ...listed,
    ...(more === undefined ? [] : [more]),
  ];
}

function filesText({ files }: GrownFaces): string[] {
  const { removed, stale } = files;
  const names = removed.map(shortName).join(', ');
  return [
    ...(names === '' ? [] : [`${names} showed earlier clusters, and ${removed.length === 1 ? 'is' : 'are'} removed`]),
    ...(stale === undefined ? [] : [`${shortName(stale)} shows earlier clusters: remove it, and export again`]),
    `A line for each face:  ${shortName(files.clusters)}`,
    `For other programs:    l2c export ${shortName(dirname(files.labels))} --to json, csv, parquet or folders`,
  ];
}
