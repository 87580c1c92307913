import { fileURLToPath } from 'node:url';
import { readFeatures, readLabels, type EdgeProposals, type Features, type KnnGraph } from '@l2c/core';
import { knnOfTable, recordings } from '@l2c/core/testing';

export { generatedWeights, largestDifference, largestOf, type WeightSpec } from '@l2c/core/testing';

const files = recordings((name) => {
  const folder =
    name.startsWith('data/') || name.startsWith('lgcn/clustering') ? '../../core/test/golden/' : './golden/';
  return fileURLToPath(new URL(folder + name, import.meta.url));
});

/** Golden data of this package, and of core where it has them: the 2,000 points all of it was made of, and their clusters. */
export const { path: goldenPath, json: goldenJson, arrays: golden, numbers: goldenNumbers } = files;

export const goldenTruth = (): Promise<Int32Array> => readLabels(goldenPath('data/synth2k.meta'));

export async function goldenFeatures(): Promise<Features> {
  return (await readFeatures(goldenPath('data/synth2k.bin'), { dim: 256 })).features;
}

/** A table of the reference as a pipeline would hold it: without the instance itself, best first. */
export async function goldenKnn(name: string): Promise<KnnGraph> {
  const { shape, data } = (await golden(name))('data');
  const [n, , k] = shape;
  return knnOfTable(n, k, (i, c) => [Number(data[2 * i * k + c]), Number(data[2 * i * k + k + c])]);
}

/** Every link of a graph, as `knn-edges` proposes them. */
export function edgesOf({ n, k, ids, similarities }: KnnGraph): EdgeProposals {
  const offsets = Int32Array.from({ length: n + 1 }, (_, i) => i * k);
  return { kind: 'edges', n, offsets, targets: ids, similarities };
}
