import type { ClosePair } from '../../cluster/cluster-review.js';
import type { DecidingLinks } from '../../cluster/deciding-links.js';
import type { Labels } from '../../data/labels.js';
import type { LinkedPair } from './report-data.js';

/** Pairs of clusters beside the links between them. Links of -Infinity or NaN are none. O(m). */
export function linkPairs(
  pairs: readonly ClosePair[],
  { values: labels, clusters }: Labels,
  links: DecidingLinks | undefined,
): LinkedPair[] {
  if (links === undefined) return pairs.map((pair) => ({ ...pair, links: 0 }));
  const { scores } = links;
  const wanted = new Uint8Array(clusters);
  for (const { clusters: both } of pairs) for (const cluster of both) wanted[cluster] = 1;
  const places = new Map(pairs.map(({ clusters: [a, b] }, place) => [a * clusters + b, place]));
  const counts = new Int32Array(pairs.length);
  const best = new Int32Array(pairs.length).fill(-1);
  const sources = new Int32Array(pairs.length);
  for (let i = 0; i < links.n; i++) {
    const from = labels[i];
    if (wanted[from] === 0) continue;
    for (let e = links.offsets[i]; e < links.offsets[i + 1]; e++) {
      if (links.targets[e] < 0) continue;
      const to = labels[links.targets[e]];
      if (to === from || wanted[to] === 0 || !(scores[e] > -Infinity)) continue;
      const place = places.get(Math.min(from, to) * clusters + Math.max(from, to));
      if (place === undefined) continue;
      counts[place] = counts[place] + 1;
      if (best[place] !== -1 && scores[best[place]] >= scores[e]) continue;
      best[place] = e;
      sources[place] = i;
    }
  }
  return pairs.map((pair, place) => {
    const e = best[place];
    if (e === -1) return { ...pair, links: 0 };
    return { ...pair, links: counts[place], strongest: { link: [sources[place], links.targets[e]], score: scores[e] } };
  });
}
