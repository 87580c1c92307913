import { sharedInt32 } from '../../data/shared-arrays.js';
import { nearSimilarity, type ExactSample } from '../neighbours/sampled-recall.js';
import type { CellIds } from './cell-job.js';

/** Cells that an instance looks at, at most, where it isn't told otherwise. */
export const mostProbes = 128;

/** Where so few will do, which is the rule, the others need not be looked up. */
const fewProbes = 16;

/** What is chosen misses this much less than may be missed: a sample is a sample. */
const caution = 0.15;

/** Which queries of a sample choose; the others judge. */
export const chooses = (query: number): boolean => query % 2 === 0;

/**
 * How many cells each instance must look at for a share `targetRecall` of the sample's near neighbours (of all, where none is
 * near) to be found, each pair from either side; `most` where that is not enough.
 *
 * @param look the nearest cells of instances: (instances x probes), nearest first
 */
export async function chooseProbes(
  sample: ExactSample,
  targetRecall: number,
  most: number,
  look: (instances: Int32Array, probes: number) => Promise<CellIds>,
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
  const instances = sharedInt32(rows.size);
  for (const [instance, row] of rows) instances[row] = instance;
  const wanted = ends.length * (1 - (1 - targetRecall) * (1 - caution));
  for (const probes of most > fewProbes ? [fewProbes, most] : [most]) {
    const least = leastProbes(ends, await look(instances, probes), probes, wanted);
    if (least !== undefined) return least;
  }
  return most;
}

/** How many of the `probes` cells must be looked at to find so many pairs of rows; undefined where all are not enough. */
function leastProbes(
  ends: readonly (readonly [number, number])[],
  cells: CellIds,
  probes: number,
  wanted: number,
): number | undefined {
  const found = new Int32Array(probes + 2); // by how many cells must be looked at
  for (const [a, b] of ends) found[1 + Math.min(rankOf(cells, a, b, probes), rankOf(cells, b, a, probes))]++;
  for (let least = 1, sum = 0; least <= probes; least++) {
    sum += found[least];
    if (sum >= wanted) return least;
  }
  return undefined;
}

/** The place of b's own cell among the `probes` that a looks at; `probes` where it is not there. */
function rankOf(cells: CellIds, a: number, b: number, probes: number): number {
  const place = cells.subarray(a * probes, (a + 1) * probes).indexOf(cells[b * probes]);
  return place < 0 ? probes : place;
}
