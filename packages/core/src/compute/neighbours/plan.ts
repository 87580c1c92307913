import { addressableBytes } from '../kernels/memory.js';
import { topkBytes, topkCapacity } from '../kernels/topk.js';

/** Rows of a block: its products (1 MiB) stay in the cache until they are scanned, and a product takes about 1 ms. */
const defaultBlockRows = 512;

/** Share of the instances that are looked at first, to learn how near the k-th neighbour of the others will be. */
const sampleShare = 1 / 8;

/** How an exact search goes about it. Sizes in instances; a block is `blockRows` positions of the order of work. */
export interface SearchPlan {
  readonly n: number;
  readonly k: number;
  readonly blockRows: number;
  readonly blocks: number;
  /** Entries of state per row. */
  readonly capacity: number;
  /** Blocks at the front of the order that hold an even sample of all instances; 0 = no sampling. */
  readonly sampleBlocks: number;
  /** Of the sample, each row keeps this many at first; what is no better than the last of them is not looked at again. */
  readonly sampleRank: number;
  /** Blocks whose rows have their state in memory at the same time. */
  readonly shardBlocks: number;
}

export interface PlanLimits {
  readonly blockRows?: number | undefined;
  /** Bytes of state at most. */
  readonly stateBytes?: number | undefined;
  readonly sample?: boolean | undefined;
}

/** Lays out an exact search of the k nearest among n instances. */
export function planSearch(n: number, k: number, limits: PlanLimits = {}): SearchPlan {
  const blockRows = limits.blockRows ?? Math.min(defaultBlockRows, Math.ceil(n / 16) * 16);
  if (blockRows > 65535) throw new RangeError(`blocks of ${blockRows} rows: the scan can't number more than 65535`);
  const blocks = Math.ceil(n / blockRows);
  const capacity = topkCapacity(k);
  // the order of work and the list of rows to redo lie in the same memory
  const stateBytes = (limits.stateBytes ?? addressableBytes - 2 ** 26) - 8 * n;
  const shardBlocks = Math.min(blocks, Math.max(1, Math.floor(stateBytes / (topkBytes(capacity) + 4) / blockRows)));
  return { n, k, blockRows, blocks, capacity, shardBlocks, ...planSample(n, k, blockRows, limits.sample) };
}

/**
 * A row meets k (1 + ln(n / k)) candidates that are, when met, among its best k: most of the work besides the products.
 * So an even sample of s instances comes first. Of the true k nearest, about k s / n are in the sample; with the rank a
 * few standard deviations above that, the sample's neighbour of this rank is almost surely farther than the k-th, so that
 * only what is nearer needs a look. Rows where that guess was wrong end with fewer than k, and are searched again.
 */
function planSample(
  n: number,
  k: number,
  blockRows: number,
  wanted?: boolean,
): Pick<SearchPlan, 'sampleBlocks' | 'sampleRank'> {
  const sampleBlocks = Math.round((n * sampleShare) / blockRows);
  const size = sampleBlocks * blockRows;
  const expected = (k * size) / n;
  const sampleRank = Math.ceil(expected + 3 * Math.sqrt(expected) + 2);
  const pays = sampleBlocks >= 1 && (sampleRank * n) / size < 3 * k;
  return (wanted ?? pays) && sampleBlocks > 0 && sampleRank < Math.min(k, size)
    ? { sampleBlocks, sampleRank }
    : { sampleBlocks: 0, sampleRank: 0 };
}

/** The order of work: the sample, evenly spread with jitter so that no period of the data meets it, then all others. */
export function orderOfWork(plan: SearchPlan, order: Int32Array): void {
  const size = plan.sampleBlocks * plan.blockRows;
  const step = plan.n / size;
  let at = 0;
  for (let i = 0, hash = 1; i < size; i++) {
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) + 0x6d2b79f5;
    const [start, end] = [Math.floor(i * step), Math.floor((i + 1) * step)];
    order[at++] = start + Math.floor(((hash >>> 8) / 2 ** 24) * (end - start));
  }
  for (let i = 0, sample = 0; i < plan.n; i++) {
    if (sample < size && order[sample] === i) sample++;
    else order[at++] = i;
  }
}
