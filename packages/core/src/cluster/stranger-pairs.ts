import type { Features } from '../data/features.js';

/** Mean and mean square of cosines of pairs. */
export class PairMoments {
  count = 0;
  private sum = 0;
  private squares = 0;

  add(cosine: number): void {
    this.count++;
    this.sum += cosine;
    this.squares += cosine * cosine;
  }

  addAll({ count, sum, squares }: PairMoments): void {
    this.count += count;
    this.sum += sum;
    this.squares += squares;
  }

  get mean(): number {
    return this.sum / this.count;
  }

  get meanSquare(): number {
    return this.squares / this.count;
  }

  get deviation(): number {
    return Math.sqrt(Math.max(0, this.meanSquare - this.mean ** 2));
  }
}

const mostPairs = 150_000;
/** Of more rows every so many-th is compared with others: each with several, far and near. */
const mostRows = 8192;

/**
 * Visits pairs of rows of different clusters, at most some 150,000, evenly spread: each row with those so many rows behind it, around the end,
 * odd numbers of rows and even ones by turns. The same pairs every time. O(pairs dim).
 */
export function strangerPairs(
  features: Features,
  labels: Int32Array,
  visit: (i: number, j: number, cosine: number) => void,
): void {
  const { n } = features;
  const most = Math.floor((n - 1) / 2);
  // Odd: an even one would meet rows of one parity alone.
  const stride = Math.ceil(n / mostRows) | 1;
  const distances = Math.max(1, Math.min(most, Math.ceil((mostPairs * stride) / n)));
  for (let d = 0; d < distances; d++) {
    const evenly = 1 + Math.floor((d * most) / distances);
    const distance = evenly + ((evenly + d + 1) & 1);
    for (let i = 0; i < n; i += stride) {
      const j = (i + distance) % n;
      if (i !== j && labels[i] !== labels[j]) visit(i, j, features.dot(i, j));
    }
  }
}
