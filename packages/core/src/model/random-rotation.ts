import { Features } from '../data/features.js';
import type { Random } from '../stages/services.js';

/** Beyond log2(dim) rounds of plane rotations every column depends on every other; these more mix them well. */
const extraRounds = 3;

/**
 * (n x dim) the features turned by a random orthogonal matrix: products of pairs of rows stay what they are, to rounding.
 * It is made of rounds of rotations in random planes that are orthogonal to each other, so O(n dim log dim) time.
 */
export function randomlyRotated(features: Features, random: Random): Features {
  const { n, dim } = features;
  const rounds = Math.ceil(Math.log2(Math.max(2, dim))) + extraRounds;
  const pairs = Math.floor(dim / 2);
  const columns = Array.from({ length: rounds }, () => random.shuffle(Int32Array.from({ length: dim }, (_, c) => c)));
  const angles = columns.map(() => Float64Array.from({ length: pairs }, () => 2 * Math.PI * random.next()));
  const cosines = angles.map((round) => round.map(Math.cos));
  const sines = angles.map((round) => round.map(Math.sin));
  const result = Features.allocate(n, dim);
  const row = new Float64Array(dim);
  for (let i = 0; i < n; i++) {
    row.set(features.row(i));
    for (let round = 0; round < rounds; round++) {
      const [order, cosine, sine] = [columns[round], cosines[round], sines[round]];
      for (let p = 0; p < pairs; p++) {
        const [a, b] = [order[2 * p], order[2 * p + 1]];
        const [x, y] = [row[a], row[b]];
        row[a] = cosine[p] * x - sine[p] * y;
        row[b] = sine[p] * x + cosine[p] * y;
      }
    }
    result.row(i).set(row);
  }
  return result;
}

/** The seed of the rotation of an epoch: the same for a training that goes on. */
export function rotationSeed(seed: number, epoch: number): number {
  return seed + 104729 * (epoch + 1);
}
