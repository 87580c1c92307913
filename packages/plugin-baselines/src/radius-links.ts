import { freemem } from 'node:os';
import { descendingOrder, problem, sharedFloat32, sharedInt32, type EdgeProposals, type Features } from '@l2c/core';
import { withinReach } from './equal-rows.js';
import { eachPairBlock, type PairServices } from './pair-blocks.js';

/** Pairs of a chunk of the list that grows while pairs are found. */
const chunkPairs = 2 ** 18;

/** A pair takes 12 bytes while it is collected, and 16 as two links. */
const bytesPerPair = 28;

interface Chunk {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly similarities: Float32Array;
  count: number;
}

/**
 * Links each instance to every other whose inner product is at least 1 - `maxDistance`: rows best first, ties by the lower
 * id. Symmetric to the last bit, since one product serves both directions. O(n² dim / 2) time; 28 bytes a pair.
 *
 * @throws L2cError E_MEMORY where the links outgrow `memoryBytes`
 */
export async function radiusLinks(
  features: Features,
  maxDistance: number,
  services: PairServices,
  memoryBytes = freemem(),
): Promise<EdgeProposals> {
  const { n } = features;
  const chunks = await collectPairs(features, maxDistance, services, Math.min(memoryBytes / bytesPerPair, 2 ** 30));
  const offsets = sharedInt32(n + 1);
  for (const { low, high, count } of chunks) {
    for (let p = 0; p < count; p++) {
      offsets[low[p] + 1]++;
      offsets[high[p] + 1]++;
    }
  }
  for (let i = 0; i < n; i++) offsets[i + 1] += offsets[i];
  const cursor = offsets.slice(0, n);
  const targets = sharedInt32(offsets[n]);
  const similarities = sharedFloat32(offsets[n]);
  // Pairs were found by ascending row and column, so each instance meets its others by ascending id.
  for (const chunk of chunks) {
    for (let p = 0; p < chunk.count; p++) {
      const i = chunk.low[p];
      const j = chunk.high[p];
      targets[cursor[i]] = j;
      similarities[cursor[i]++] = chunk.similarities[p];
      targets[cursor[j]] = i;
      similarities[cursor[j]++] = chunk.similarities[p];
    }
  }
  sortRows(offsets, targets, similarities);
  return { kind: 'edges', n, offsets, targets, similarities };
}

async function collectPairs(
  features: Features,
  maxDistance: number,
  services: PairServices,
  mostPairs: number,
): Promise<Chunk[]> {
  const { n } = features;
  const bound = 1 - withinReach(maxDistance);
  const chunks: Chunk[] = [];
  let chunk = newChunk(0);
  let pairs = 0;
  await eachPairBlock(features, services, ({ firstRow, rows, firstColumn, columns, products }) => {
    for (let r = 0; r < rows; r++) {
      if (chunk.count + columns > chunk.low.length) chunks.push((chunk = newChunk(chunkPairs)));
      const { low, high, similarities } = chunk;
      const i = firstRow + r;
      const row = r * columns;
      let at = chunk.count;
      for (let c = Math.max(0, i + 1 - firstColumn); c < columns; c++) {
        const similarity = products[row + c];
        if (!(similarity >= bound)) continue;
        low[at] = i;
        high[at] = firstColumn + c;
        similarities[at++] = similarity;
      }
      pairs += at - chunk.count;
      chunk.count = at;
    }
    if (pairs > mostPairs) throw tooMany(pairs, 1 - ((n - firstRow - rows) / n) ** 2, maxDistance, mostPairs);
  });
  return chunks;
}

function newChunk(size: number): Chunk {
  return {
    low: new Int32Array(size),
    high: new Int32Array(size),
    similarities: new Float32Array(size),
    count: 0,
  };
}

function tooMany(pairs: number, share: number, maxDistance: number, mostPairs: number): Error {
  const size = (count: number): string => `${((count * bytesPerPair) / 2 ** 30).toPrecision(2)} GiB`;
  return problem(
    'E_MEMORY',
    'radius-edges.maxDistance',
    `pairs within ${maxDistance} take ${size(pairs)} after ${(100 * share).toFixed(0)} % of the work, about ` +
      `${size(pairs / share)} in all, and ${size(mostPairs)} are free`,
    'lower maxDistance, or use a knnBuilder and knn-edges, which keep the k nearest alone',
  );
}

/** Places that the sort keys number. */
const keyPlaces = 2 ** 21;

/** Orders each row by falling similarity, equal ones as they were, in place. */
function sortRows(offsets: Int32Array, targets: Int32Array, similarities: Float32Array): void {
  let widest = 0;
  for (let i = 0; i + 1 < offsets.length; i++) widest = Math.max(widest, offsets[i + 1] - offsets[i]);
  const keys = new Float64Array(Math.min(widest, keyPlaces));
  const ids = new Int32Array(widest);
  const values = new Float32Array(widest);
  for (let i = 0; i + 1 < offsets.length; i++) {
    const start = offsets[i];
    const length = offsets[i + 1] - start;
    if (length < 2) continue;
    for (let e = 0; e < length; e++) {
      ids[e] = targets[start + e];
      values[e] = similarities[start + e];
    }
    const many = length > keyPlaces;
    const order = many ? descendingOrder(values.subarray(0, length)) : sortedKeys(values, length, keys);
    for (let e = 0; e < length; e++) {
      const from = many ? order[e] : order[e] % keyPlaces;
      targets[start + e] = ids[from];
      similarities[start + e] = values[from];
    }
  }
}

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/** Numbers that sort as the values fall: the inverted bits of the value, then its place, modulo `keyPlaces`. */
function sortedKeys(values: Float32Array, length: number, keys: Float64Array): Float64Array {
  for (let e = 0; e < length; e++) {
    float[0] = values[e] + 0; // -0 and 0 are one value
    // Floats order as sign and magnitude: inverted, the highest has the lowest key.
    keys[e] = (bits[0] >>> 31 === 1 ? bits[0] : ~bits[0] & 0x7fffffff) * keyPlaces + e;
  }
  return keys.subarray(0, length).sort();
}
