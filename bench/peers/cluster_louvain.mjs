// cluster_louvain.mjs FEATURES MIN_SIMILARITY LABELS: Louvain of graphology on all pairs of at least a cosine.
import Graph from 'graphology';
import louvain from 'graphology-communities-louvain';
import { readFeatures } from '../../packages/core/dist/formats/features-file.js';
import { writeMeta } from '../../packages/core/dist/formats/meta.js';

const [file, minSimilarity, labels] = process.argv.slice(2);
const { features } = await readFeatures(file, { normalise: true, onInvalid: 'drop' });
const rows = Array.from({ length: features.n }, (_, i) => features.row(i));
const least = Number(minSimilarity);
const graph = new Graph({ type: 'undirected' });
for (let i = 0; i < rows.length; i++) graph.addNode(i);
for (let i = 0; i < rows.length; i++) {
  for (let j = 0; j < i; j++) {
    let product = 0;
    for (let c = 0; c < rows[i].length; c++) product += rows[i][c] * rows[j][c];
    if (product >= least) graph.addEdge(i, j, { weight: product });
  }
}
const communities = louvain(graph, { getEdgeWeight: 'weight' });
await writeMeta(
  labels,
  Int32Array.from({ length: rows.length }, (_, i) => communities[i]),
);
