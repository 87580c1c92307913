import { fileURLToPath } from 'node:url';
import { allocateKnnGraph, Features, readFeatures, readNpz, type EdgeProposals, type KnnGraph } from '@l2c/core';

const core = (name: string): string => fileURLToPath(new URL(`../../core/test/golden/data/${name}`, import.meta.url));
const own = (name: string): string => fileURLToPath(new URL(`./golden/${name}`, import.meta.url));

/** The 2,000 x 256 golden faces, rows of unit length. */
export async function goldenFaces(): Promise<Features> {
  return (await readFeatures(core('synth2k.bin'), { dim: 256 })).features;
}

/** The first `count` rows. */
export function firstRows(features: Features, count: number): Features {
  const values = new Float32Array(count * features.dim);
  features.copyRows(0, count, values);
  return Features.from(values, features.dim);
}

/** The golden neighbours as a pipeline holds them: the reference's k counts the instance itself, ours does not. */
export async function goldenKnn(k: 80 | 30): Promise<KnnGraph> {
  const { shape, data } = (await readNpz(core(`faiss_k_${k}.npz`))).get('data')!;
  const [n, , width] = shape;
  const graph = allocateKnnGraph(n, width - 1);
  for (let i = 0; i < n; i++) {
    let at = i * (width - 1);
    for (let c = 0; c < width; c++) {
      const id = Number(data[i * 2 * width + c]);
      if (id === i || at === (i + 1) * (width - 1)) continue;
      graph.ids[at] = id;
      graph.similarities[at++] = 1 - Number(data[i * 2 * width + width + c]);
    }
  }
  return graph;
}

/** Labels of the reference implementation by the name of the run; -1 = noise. */
export async function goldenLabels(name: string): Promise<Int32Array> {
  const found = (await readNpz(own('labels.npz'))).get(name);
  if (found === undefined) throw new RangeError(`labels.npz has no ${name}`);
  return Int32Array.from(found.data as Int32Array);
}

/** Every neighbour as a link; those nearer than `least` are left out, as the reference's `th_sim` does to distances. */
export function linksOf(knn: KnnGraph, least = -Infinity): EdgeProposals {
  const offsets = new Int32Array(knn.n + 1);
  const targets: number[] = [];
  const similarities: number[] = [];
  for (let i = 0; i < knn.n; i++) {
    for (let e = i * knn.k; e < (i + 1) * knn.k; e++) {
      if (knn.ids[e] < 0 || 1 - knn.similarities[e] < least) continue;
      targets.push(knn.ids[e]);
      similarities.push(knn.similarities[e]);
    }
    offsets[i + 1] = targets.length;
  }
  return {
    kind: 'edges',
    n: knn.n,
    offsets,
    targets: Int32Array.from(targets),
    similarities: Float32Array.from(similarities),
  };
}

/** `maxDistance` of a Euclidean distance between unit vectors. */
export function ofEuclidean(distance: number): number {
  return distance ** 2 / 2;
}
