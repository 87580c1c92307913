import { fileURLToPath } from 'node:url';
import { readFeatures, readLabels, type ClusterProposals, type Features, type KnnGraph } from '@l2c/core';
import { knnOfTable, recordings } from '@l2c/core/testing';

export { generatedWeights, largestDifference, largestOf, type WeightSpec } from '@l2c/core/testing';

const files = recordings((name) => {
  const folder = name.includes('/') ? '../../core/test/golden/' : './golden/';
  return fileURLToPath(new URL(folder + name, import.meta.url));
});

/** Golden data of this package, and of core where a folder is named: the 2,000 points all of it was made of. */
export const { path: goldenPath, json: goldenJson, arrays: golden, numbers: goldenNumbers } = files;

export const goldenTruth = (): Promise<Int32Array> => readLabels(goldenPath('data/synth2k.meta'));

export async function goldenFeatures(): Promise<Features> {
  return (await readFeatures(goldenPath('data/synth2k.bin'), { dim: 256 })).features;
}

/** A table of the reference as a pipeline would hold it: without the instance itself, best first. kb: k = 80, ks: 30. */
export async function goldenKnn(name: 'kb' | 'ks' | 'hnsw'): Promise<KnnGraph> {
  if (name === 'hnsw') {
    const file = await golden('data/hnsw_k_30_plain.npz');
    const [ids, lengths, distances] = ['nbrs', 'lens', 'dists'].map((array) => file(array).data as Float64Array);
    const [n, k] = file('nbrs').shape;
    return knnOfTable(n, k, (i, c) =>
      c < lengths[i] ? [Number(ids[i * k + c]), distances[i * k + c]] : [-1, Infinity],
    );
  }
  const { shape, data } = (await golden(`data/faiss_k_${name === 'kb' ? 80 : 30}.npz`))('data');
  const [n, , k] = shape;
  return knnOfTable(n, k, (i, c) => [Number(data[2 * i * k + c]), Number(data[2 * i * k + k + c])]);
}

/** Proposals of the reference, by the name of their setting. */
export async function goldenProposals(name: 'basic_0.7' | 'basic_0.6' | 'iter1_0' | 'iter1_1') {
  const file = await golden('proposals.npz');
  const [offsets, members] = ['offsets', 'members'].map((array) => file(`${name}_${array}`).data as Int32Array);
  return { kind: 'clusters', n: 2000, offsets, members } satisfies ClusterProposals;
}

/** The 191 proposals that the golden graphs and scores are of: those of three settings one after the other. */
export async function allGoldenProposals(): Promise<ClusterProposals> {
  const file = await golden('dsgcn/proposals.npz');
  const [offsets, members] = ['offsets', 'members'].map((array) => file(array).data as Int32Array);
  return { kind: 'clusters', n: 2000, offsets, members };
}

/** Sets as sorted lists in a sorted list: equal where the same sets were proposed, in whatever order. */
export function setsOf({ offsets, members }: ClusterProposals): string[] {
  return Array.from({ length: offsets.length - 1 }, (_, p) =>
    members
      .slice(offsets[p], offsets[p + 1])
      .sort()
      .join(' '),
  ).sort();
}
