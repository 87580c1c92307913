import type { SparseMatrix } from '../compute/kernels/sparse-matrix.js';
import type { Stage } from './compile.js';
import type { GraphBatch } from './graph-batch.js';

/** What a propagation makes where not all of its rows are read. */
export interface ReadRows {
  /** Its rows, as rows of its input. */
  readonly own: Int32Array;
  /** (own x rows of its input) what is propagated to them. */
  readonly matrix: SparseMatrix;
}

/** Above this share of the rows it isn't worth while to leave the others out. */
const mostOfThem = 0.9;

/**
 * Of a model that selects rows, what has to be made for them: for each stage before the selection the rows that later ones
 * read; undefined where a stage makes all. The rows of the last of them are the selected ones, in their order. A propagation
 * reads the neighbours of its rows as well, so that the further from the selection, the more rows; and a tap reads all.
 * O(stages x entries).
 */
export function readRows(stages: readonly Stage[], { adjacency, selected }: GraphBatch): (ReadRows | undefined)[] {
  const found: (ReadRows | undefined)[] = stages.map(() => undefined);
  const selection = stages.findIndex(({ graph }) => graph?.kind === 'select');
  if (selection === -1 || adjacency === undefined || selected === undefined) return found;
  let wanted = selected;
  for (let s = selection - 1; s >= 0 && propagates(stages[s]); s--) {
    if (wanted.length > mostOfThem * adjacency.rows) break;
    const input = s > 0 && propagates(stages[s - 1]) ? inputOf(adjacency, wanted) : undefined;
    found[s] = restricted(adjacency, wanted, input);
    if (input === undefined) break;
    wanted = input;
  }
  return found;
}

/** Whether a stage propagates, and nobody looks at its rows but the next one. */
function propagates({ graph, rows }: Stage): boolean {
  const { kind } = graph ?? { kind: 'none' };
  return ['aggregate', 'concat', 'split'].includes(kind) && rows.every((step) => step.kind !== 'tap');
}

/** The rows and their neighbours, ascending; undefined where they are most of all. */
function inputOf({ rows, offsets, indices }: SparseMatrix, wanted: Int32Array): Int32Array | undefined {
  const isRead = new Uint8Array(rows);
  for (const row of wanted) {
    isRead[row] = 1;
    for (let e = offsets[row]; e < offsets[row + 1]; e++) isRead[indices[e]] = 1;
  }
  let count = 0;
  for (let r = 0; r < rows; r++) count += isRead[r];
  if (count > mostOfThem * rows) return undefined;
  const read = new Int32Array(count);
  for (let r = 0, at = 0; r < rows; r++) if (isRead[r] === 1) read[at++] = r;
  return read;
}

/** The rows `wanted` of a matrix, and of its columns those of `input`: all where absent. */
function restricted(matrix: SparseMatrix, wanted: Int32Array, input: Int32Array | undefined): ReadRows {
  const places = input === undefined ? undefined : placesOf(input, matrix.rows);
  const offsets = new Int32Array(wanted.length + 1);
  for (let w = 0; w < wanted.length; w++) {
    offsets[w + 1] = offsets[w] + matrix.offsets[wanted[w] + 1] - matrix.offsets[wanted[w]];
  }
  const indices = new Int32Array(offsets[wanted.length]);
  const weights = new Float32Array(indices.length);
  for (let w = 0, at = 0; w < wanted.length; w++) {
    for (let e = matrix.offsets[wanted[w]]; e < matrix.offsets[wanted[w] + 1]; e++) {
      indices[at] = places === undefined ? matrix.indices[e] : places[matrix.indices[e]];
      weights[at++] = matrix.weights[e];
    }
  }
  const columns = input?.length ?? matrix.columns;
  const own = places === undefined ? wanted : wanted.map((row) => places[row]);
  return { own, matrix: { rows: wanted.length, columns, offsets, indices, weights } };
}

function placesOf(rows: Int32Array, n: number): Int32Array {
  const places = new Int32Array(n);
  rows.forEach((row, place) => (places[row] = place));
  return places;
}
