import { sharedInt32 } from '../../data/shared-arrays.js';
import { nearSimilarity, type ExactSample } from '../neighbours/sampled-recall.js';
import type { CellIds } from './cell-job.js';

/** Cells that an instance looks at, at most, where it isn't told otherwise. */
export const mostProbes = 128;

/** What is chosen misses this much less than may be missed: a sample is a sample. */
const caution = 0.15;

/** Which queries of a sample choose; the others judge. */
export const chooses = (query: number): boolean => query % 2 === 0;

/**
 * How many cells each instance must look at for a share `targetRecall` of the sample's near neighbours (of all, where none is
 * near) to be found, each pair from either side; `most` where that is not enough.
 *
 * @param look the nearest cells of instances: (instances x most), nearest first
 */
export async function chooseProbes(
  sample: ExactSample,
  targetRecall: number,
  most: number,
  look: (instances: Int32Array, most: number) => Promise<CellIds>,
): Promise<number> {
  const near = (at: number): boolean => sample.similarities[at] >= nearSimilarity;
  const anyNear = sample.similarities.some((_, at) => chooses(Math.floor(at / sample.k)) && near(at));
  const pairs: number[] = [];
  for (let at = 0; at < sample.ids.length; at++) {
    if (chooses(Math.floor(at / sample.k)) && (near(at) || !anyNear)) pairs.push(at);
  }
  const rows = new Map<number, number>();
  const rowOf = (instance: number): number => {
    const row = rows.get(instance) ?? rows.size;
    rows.set(instance, row);
    return row;
  };
  const ends = pairs.map((at) => [rowOf(sample.instances[Math.floor(at / sample.k)]), rowOf(sample.ids[at])] as const);
  const instances = [...rows.keys()];
  const cells = await look(
    sharedInt32(rows.size).map((_, r) => instances[r]),
    most,
  );
  const found = new Int32Array(most + 2); // by how many cells must be looked at
  for (const [a, b] of ends) found[1 + Math.min(rankOf(cells, a, b, most), rankOf(cells, b, a, most))]++;
  const wanted = pairs.length * (1 - (1 - targetRecall) * (1 - caution));
  for (let probes = 1, sum = 0; probes <= most; probes++) {
    sum += found[probes];
    if (sum >= wanted) return probes;
  }
  return most;
}

/** The place of b's own cell among those that a looks at; `most` where it is not there. */
function rankOf(cells: CellIds, a: number, b: number, most: number): number {
  const place = cells.subarray(a * most, (a + 1) * most).indexOf(cells[b * most]);
  return place < 0 ? most : place;
}
