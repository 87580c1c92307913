// cluster_dbscan.mjs FEATURES MIN_SIMILARITY LABELS: DBSCAN of density-clustering, links of at least a cosine, noise stays alone.
import densityClustering from 'density-clustering';
import { readFeatures } from '../../packages/core/dist/formats/features-file.js';
import { writeMeta } from '../../packages/core/dist/formats/meta.js';

const [file, minSimilarity, labels] = process.argv.slice(2);
const { features } = await readFeatures(file, { normalise: true, onInvalid: 'drop' });
const rows = Array.from({ length: features.n }, (_, i) => features.row(i));
const distance = (a, b) => {
  let product = 0;
  for (let c = 0; c < a.length; c++) product += a[c] * b[c];
  return 1 - product;
};
const clusters = new densityClustering.DBSCAN().run(rows, 1 - Number(minSimilarity), 2, distance);
const found = new Int32Array(features.n).fill(-1);
clusters.forEach((members, cluster) => members.forEach((i) => (found[i] = cluster)));
let next = clusters.length;
await writeMeta(
  labels,
  found.map((cluster) => (cluster === -1 ? next++ : cluster)),
);
