import { sharedInt32 } from '../../data/shared-arrays.js';
import { blockRows, type CellIds, type CellMap, type Shard } from './cell-job.js';

/**
 * Sorts instances by their own cells, ties by id, and lists the visitors of each cell.
 *
 * @param probed (n x probes) cells that each instance looks at, its own first
 * @param order (n) is filled with the instances, by position
 */
export function mapCells(probed: CellIds, probes: number, cells: number, order: Int32Array): CellMap {
  const n = order.length;
  const starts = sharedInt32(cells + 1);
  for (let i = 0; i < n; i++) starts[probed[i * probes] + 1]++;
  for (let c = 0; c < cells; c++) starts[c + 1] += starts[c];
  const next = starts.slice(0, cells);
  for (let i = 0; i < n; i++) order[next[probed[i * probes]]++] = i;
  const visitStarts = new Float64Array(new SharedArrayBuffer(8 * (cells + 1)));
  for (let i = 0; i < n; i++) {
    for (let e = i * probes + 1; e < (i + 1) * probes; e++) visitStarts[probed[e] + 1]++;
  }
  for (let c = 0; c < cells; c++) visitStarts[c + 1] += visitStarts[c];
  const nextVisit = visitStarts.slice(0, cells);
  const visits = sharedInt32(n * (probes - 1));
  for (let position = 0; position < n; position++) {
    const row = order[position] * probes;
    for (let e = row + 1; e < row + probes; e++) visits[nextVisit[probed[e]]++] = position;
  }
  return { cells, probes, probed, starts, visitStarts, visits };
}

/** Cuts first .. last in as few stretches of at most `blockRows` as there must be, of about the same length. */
export function cut(first: number, last: number, use: (first: number, last: number) => void): void {
  const parts = Math.ceil((last - first) / blockRows);
  for (let part = 0; part < parts; part++) {
    use(first + Math.floor(((last - first) * part) / parts), first + Math.floor(((last - first) * (part + 1)) / parts));
  }
}

/** Tasks for the pairs within a cell, of cells with rows in the shard: see {@link CellStep}. */
export function ownTasks({ cells, starts }: CellMap, shard: Shard): Float64Array {
  const tasks: number[] = [];
  for (let c = 0; c < cells; c++) {
    if (starts[c + 1] <= shard.first || starts[c] >= shard.last) continue;
    cut(starts[c], starts[c + 1], (first, last) => tasks.push(c, first, last));
  }
  return share(tasks);
}

/** Tasks for the pairs of a cell's visitors with its own, where one of both is in the shard. */
export function visitTasks({ cells, starts, visitStarts, visits }: CellMap, shard: Shard): Float64Array {
  const tasks: number[] = [];
  for (let c = 0; c < cells; c++) {
    if (starts[c] === starts[c + 1]) continue;
    const inside = starts[c] < shard.last && starts[c + 1] > shard.first;
    const [from, to] = [visitStarts[c], visitStarts[c + 1]];
    const first = inside ? from : lowerBound(visits, from, to, shard.first);
    const last = inside ? to : lowerBound(visits, from, to, shard.last);
    cut(first, last, (start, end) => tasks.push(c, start, end));
  }
  return share(tasks);
}

/** The first of the ascending values[from .. to] that is not below `value`. */
function lowerBound(values: Int32Array, from: number, to: number, value: number): number {
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (values[middle] < value) from = middle + 1;
    else to = middle;
  }
  return from;
}

function share(tasks: readonly number[]): Float64Array {
  const shared = new Float64Array(new SharedArrayBuffer(8 * tasks.length));
  shared.set(tasks);
  return shared;
}
