import { expect } from 'chai';
import { orderOfWork, planSearch, type PlanLimits } from '../../../src/compute/neighbours/plan.js';
import { createRandom } from '../../../src/stages/random.js';
import { Features, normalise } from '../../../src/data/features.js';
import { assertKnnGraph, type KnnGraph } from '../../../src/data/knn-graph.js';
import { normals } from '../matrices.js';

/** n unit rows of dim around `centres` directions; small blocks, so that rows of one product lie in several of them. */
export function faces(n: number, dim: number, centres: number, seed = 1): Features {
  const random = createRandom(seed);
  const middle = Float64Array.from({ length: centres * dim }, () => random.normal());
  const features = Features.allocate(n, dim, 4 * dim * 64);
  for (let i = 0; i < n; i++) {
    const centre = random.integer(centres) * dim;
    const row = features.row(i);
    for (let c = 0; c < dim; c++) row[c] = middle[centre + c] + 0.7 * random.normal();
  }
  return normalise(features);
}

/**
 * Features for which a search with a sample is wrong at first: the sample lies in one narrow bundle, everything else around
 * the same direction, but wider. Each row meets more near neighbours in the sample than its share of all lets expect, so
 * that the row's bound comes out too high.
 */
export function misleading(n: number, k: number, limits: PlanLimits): Features {
  const plan = planSearch(n, k, limits);
  const size = plan.sampleBlocks * plan.blockRows;
  if (plan.sampleRank === 0 || plan.sampleRank >= size) throw new RangeError('no sample to be misled by');
  const order = new Int32Array(n);
  orderOfWork(plan, order);
  const features = Features.from(normals(n * 12, 5), 12);
  order.forEach((instance, position) => {
    const row = features.row(instance);
    for (let c = 0; c < 12; c++) row[c] *= position < size ? 0.01 : 1;
    row[0] += 2;
  });
  return normalise(features);
}

/**
 * Holds a graph against all inner products in double precision: each similarity is that of its pair to within the
 * tolerance, and no instance left out is nearer than the last listed by more than that.
 */
export function expectExact(knn: KnnGraph, features: Features, tolerance = 1e-6): void {
  assertKnnGraph(knn);
  const { n, k, ids, similarities } = knn;
  expect(n).to.equal(features.n);
  const products = new Float64Array(n);
  const listed = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) products[j] = features.dot(i, j);
    listed.fill(0);
    listed[i] = 1;
    for (let e = i * k; e < (i + 1) * k; e++) {
      const j = ids[e];
      if (j < 0) throw new RangeError(`row ${i} has an empty place`);
      if (listed[j] === 1) throw new RangeError(`row ${i} lists ${j} twice, or itself`);
      listed[j] = 1;
      if (!(Math.abs(products[j] - similarities[e]) <= tolerance)) {
        throw new RangeError(`row ${i}: similarity to ${j} is ${similarities[e]}, not ${products[j]}`);
      }
      if (e > i * k && similarities[e] === similarities[e - 1] && j < ids[e - 1]) {
        throw new RangeError(`row ${i}: ${ids[e - 1]} stands before ${j}, of equal similarity`);
      }
    }
    const last = similarities[(i + 1) * k - 1];
    for (let j = 0; j < n; j++) {
      if (listed[j] === 1) continue;
      if (products[j] > last + tolerance)
        throw new RangeError(`row ${i}: ${j} at ${products[j]} is left out for ${last}`);
    }
  }
}

/** The same ids and the same bits of similarity. */
export function expectSameBits(a: KnnGraph, b: KnnGraph): void {
  expect(Buffer.compare(bytesOf(a.ids), bytesOf(b.ids)), 'ids').to.equal(0);
  expect(Buffer.compare(bytesOf(a.similarities), bytesOf(b.similarities)), 'similarities').to.equal(0);
}

function bytesOf(array: ArrayBufferView): Buffer {
  return Buffer.from(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);
}
