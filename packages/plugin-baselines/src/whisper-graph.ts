import { countsToOffsets, type Csr } from '@l2c/core';

/** An undirected graph in compressed rows, both directions of each link. */
export interface WhisperGraph extends Csr {
  /** (m) parallel to `targets`. */
  readonly weights: Float32Array;
}

/**
 * Both directions of every link that scores at least `threshold`, once each; where both ends list it, its weight is that which the
 * higher instance gives it. Row i lists first the lower instances that list i, then those that i lists, then the rest, each
 * ascending: the order in which classes are met where weights tie. O(m log k) time, 20 bytes a link.
 */
export function whisperGraph(edges: Csr, scores: ArrayLike<number>, threshold: number): WhisperGraph {
  const own = ascendingRows(edges, scores, threshold);
  const listedBy = turnAround(own);
  const { n } = edges;
  const offsets = new Int32Array(n + 1);
  const targets = new Int32Array(2 * own.targets.length);
  const weights = new Float32Array(2 * own.targets.length);
  const placeOf = new Int32Array(n).fill(-1);
  let at = 0;
  for (let i = 0; i < n; i++) {
    const first = at;
    // A link that is met again was written by the higher of its ends, which has the last word on the weight.
    const put = (j: number, weight: number): void => {
      if (placeOf[j] >= first) {
        weights[placeOf[j]] = weight;
        return;
      }
      placeOf[j] = at;
      targets[at] = j;
      weights[at++] = weight;
    };
    let back = listedBy.offsets[i];
    const end = listedBy.offsets[i + 1];
    for (; back < end && listedBy.targets[back] < i; back++) put(listedBy.targets[back], listedBy.weights[back]);
    for (let e = own.offsets[i]; e < own.offsets[i + 1]; e++) put(own.targets[e], own.weights[e]);
    for (; back < end; back++) put(listedBy.targets[back], listedBy.weights[back]);
    offsets[i + 1] = at;
  }
  return { n, offsets, targets: targets.subarray(0, at), weights: weights.subarray(0, at) };
}

/** Links of at least the threshold, rows ascending; links to nobody and to oneself are left out. */
function ascendingRows(edges: Csr, scores: ArrayLike<number>, threshold: number): WhisperGraph {
  return turnAround(turnAround(keep(edges, scores, threshold)));
}

function keep(edges: Csr, scores: ArrayLike<number>, threshold: number): WhisperGraph {
  const { n, offsets, targets } = edges;
  const good = (i: number, e: number): boolean => targets[e] >= 0 && targets[e] !== i && scores[e] >= threshold;
  const kept = new Int32Array(n + 1);
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) if (good(i, e)) kept[i + 1] = kept[i + 1] + 1;
  }
  countsToOffsets(kept);
  const ends = new Int32Array(kept[n]);
  const weights = new Float32Array(kept[n]);
  for (let i = 0, at = 0; i < n; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      if (!good(i, e)) continue;
      ends[at] = targets[e];
      weights[at++] = scores[e];
    }
  }
  return { n, offsets: kept, targets: ends, weights };
}

/** Every link the other way, rows ascending. */
function turnAround({ n, offsets, targets, weights }: WhisperGraph): WhisperGraph {
  const turned = new Int32Array(n + 1);
  for (const j of targets) turned[j + 1] = turned[j + 1] + 1;
  countsToOffsets(turned);
  const cursor = turned.slice(0, n);
  const sources = new Int32Array(targets.length);
  const values = new Float32Array(targets.length);
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      const at = cursor[targets[e]]++;
      sources[at] = i;
      values[at] = weights[e];
    }
  }
  return { n, offsets: turned, targets: sources, weights: values };
}
