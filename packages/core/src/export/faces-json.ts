import { membersOf } from '../cluster/cluster-splits.js';
import type { ExportedFaces } from './exported-faces.js';

/**
 * `{ "clusters": [{ "cluster", "size", "similarity", "faces": [{ "row", "id", "image", "fit" }] }], "leftOut": [rows] }`, a cluster a line,
 * its faces from the most typical on. Piece by piece, since all of it may be too long for a string.
 */
export function* facesJson({ labels, rows, cohesion, names }: ExportedFaces): Generator<Uint8Array> {
  const { sizes, similarities, fits } = cohesion;
  const clusterOf = rows.map((row) => labels[row]);
  const { offsets, list } = membersOf(clusterOf, sizes);
  yield Buffer.from('{"clusters":[');
  let separator = '';
  for (let cluster = 0; cluster < sizes.length; cluster++) {
    if (sizes[cluster] === 0) continue;
    const members = [...list.subarray(offsets[cluster], offsets[cluster + 1])].sort(
      (a, b) => fits[b] - fits[a] || a - b,
    );
    const faces = members.map((i) => ({
      row: rows[i],
      id: names.ids?.[rows[i]],
      image: names.images?.[rows[i]],
      fit: sizes[cluster] > 1 ? Number(fits[i].toFixed(4)) : null,
    }));
    const line = { cluster, size: sizes[cluster], similarity: Number(similarities[cluster].toFixed(4)), faces };
    yield Buffer.from(`${separator}\n${JSON.stringify(line)}`);
    separator = ',';
  }
  const leftOut = [...labels.keys()].filter((row) => labels[row] === -1);
  yield Buffer.from(`\n],"leftOut":${JSON.stringify(leftOut)}}\n`);
}
