import { countsToOffsets } from '../graph/csr.js';
import { compactLabels } from './compact-labels.js';

/** How two partitions of n instances meet: the sizes of their clusters, and the non-empty cells of their table. */
export interface Contingency {
  readonly n: number;
  /** Sizes of the clusters of the first partition (a_i) and of the second (b_j). */
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  /** Cell c counts `cells[c]` instances that are in cluster `cellRows[c]` of the first and `cellColumns[c]` of the second. */
  readonly cells: Int32Array;
  readonly cellRows: Int32Array;
  readonly cellColumns: Int32Array;
}

/** Any integers will do as labels; -1 is a cluster like others. O(n) time, 40 n bytes at most. */
export function contingency(first: ArrayLike<number>, second: ArrayLike<number>): Contingency {
  const n = first.length;
  if (second.length !== n) throw new RangeError(`${n} labels against ${second.length}`);
  const a = compactLabels(first);
  const b = compactLabels(second);
  const offsets = new Int32Array(a.count + 1);
  const columns = new Int32Array(b.count);
  for (let i = 0; i < n; i++) {
    offsets[a.values[i] + 1]++;
    columns[b.values[i]]++;
  }
  const rows = offsets.slice(1);
  countsToOffsets(offsets);
  const cursor = offsets.slice(0, a.count);
  const grouped = new Int32Array(n);
  for (let i = 0; i < n; i++) grouped[cursor[a.values[i]]++] = b.values[i];

  const cells = new Int32Array(n);
  const cellRows = new Int32Array(n);
  const cellColumns = new Int32Array(n);
  const cellOf = new Int32Array(b.count).fill(-1);
  let count = 0;
  for (let row = 0; row < a.count; row++) {
    const firstCell = count;
    for (let p = offsets[row]; p < offsets[row + 1]; p++) {
      const column = grouped[p];
      if (cellOf[column] < firstCell) {
        cellOf[column] = count;
        cellRows[count] = row;
        cellColumns[count++] = column;
      }
      cells[cellOf[column]]++;
    }
  }
  return {
    n,
    rows,
    columns,
    cells: cells.subarray(0, count),
    cellRows: cellRows.subarray(0, count),
    cellColumns: cellColumns.subarray(0, count),
  };
}

/** Precision, recall and their harmonic mean. */
export interface Agreement {
  readonly precision: number;
  readonly recall: number;
  readonly f: number;
}

/** 0 / 0 is NaN, and an F of NaN says that precision or recall is not defined, or that both are 0. */
export function agreement(precision: number, recall: number): Agreement {
  return { precision, recall, f: (2 * precision * recall) / (precision + recall) };
}
