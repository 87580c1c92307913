import type { Compute, DenseChain } from '../compute/compute.js';
import { openChain } from '../compute/dense-chain.js';
import { Features } from '../data/features.js';
import type { RowStep, Stage } from './compile.js';
import { writeRows, type RowSource } from './graph-batch.js';
import { applyInPlace, type InPlaceStep } from './row-steps.js';

/** Values of a block that passes through the model: 8 MiB stay in the caches better than more. */
const blockValues = 2 ** 21;

/** Receives the rows at a `tap` as they pass, (count x columns) from `start` on: a view that is valid until it returns. */
export type TapReader = (values: Float32Array, start: number, count: number) => void;

/** A step, or the dense ones that follow each other in one; `columns` are those behind it. */
type Pass =
  | { readonly kind: 'chain'; readonly chain: DenseChain; readonly columns: number }
  | { readonly kind: 'tap'; readonly name: string; readonly columns: number }
  | { readonly kind: 'in-place'; readonly step: InPlaceStep; readonly columns: number };

/**
 * The row steps of a stage, ready to run: rows pass through them in blocks. Rows that lie in one piece are read where they lie,
 * and products written where they are to be. Dispose of it after use.
 */
export class RowPasses {
  private readonly arrays = new Map<string, Float32Array>();

  private constructor(
    private readonly passes: readonly Pass[],
    private readonly widest: number,
    /** The pass whose product, and all that follows, can be made in its place. */
    private readonly lastChain: number,
  ) {}

  /** `parts` are the columns of the sources that lie side by side: several only before a dense step. */
  static async open(
    { rows, widths }: Pick<Stage, 'rows' | 'widths'>,
    parts: readonly number[],
    compute: Compute,
  ): Promise<RowPasses> {
    if (parts.length > 1 && rows[0]?.kind !== 'dense')
      throw new RangeError('only a dense step takes rows side by side');
    const passes: Pass[] = [];
    for (let s = 0; s < rows.length; s++) {
      const step = rows[s];
      if (step.kind === 'dense') {
        const specs = denseRun(rows, s);
        const columns = specs.at(-1)!.outputs;
        passes.push({ kind: 'chain', chain: await openChain(compute, specs, s === 0 ? parts : [widths[s]]), columns });
        s += specs.length - 1;
      } else if (step.kind === 'tap') passes.push({ kind: 'tap', name: step.name, columns: widths[s + 1] });
      else passes.push({ kind: 'in-place', step, columns: widths[s + 1] });
    }
    const lastChain = passes.findLastIndex(({ kind }) => kind === 'chain');
    return new RowPasses(passes, Math.max(...widths), lastChain);
  }

  /** Sends the rows of the sources, side by side, through the steps and to the same rows of `target`. */
  async run(
    sources: readonly RowSource[],
    target: Features,
    taps: Readonly<Record<string, TapReader>>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { n } = target;
    const size = Math.max(1, Math.min(n, Math.floor(blockValues / this.widest)));
    for (let start = 0; start < n; start += size) {
      signal?.throwIfAborted();
      const count = Math.min(size, n - start);
      const place = inOnePiece(target, start, count);
      let values = sources.map((source, s) => this.read(source, start, count, `source ${s}`));
      for (const [p, pass] of this.passes.entries()) {
        if (pass.kind === 'chain') {
          const room = p === this.lastChain ? place : undefined;
          const out = room ?? this.array(`product ${p}`, size * pass.columns);
          values = [await pass.chain.run(values, count, out)];
        } else if (pass.kind === 'tap') {
          taps[pass.name]?.(values[0].subarray(0, count * pass.columns), start, count);
        } else applyInPlace(pass.step, values[0], count, pass.columns);
      }
      if (values[0] !== place) writeRows(target, start, count, values[0]);
    }
  }

  async dispose(): Promise<void> {
    for (const pass of this.passes) if (pass.kind === 'chain') await pass.chain.dispose();
  }

  /** Rows where they lie if a product reads them and leaves them alone, otherwise a copy. */
  private read(source: RowSource, start: number, count: number, name: string): Float32Array {
    if (this.passes[0]?.kind === 'chain' && source instanceof Features) {
      const found = inOnePiece(source, start, count);
      if (found !== undefined) return found;
    }
    const copy = this.array(name, count * source.dim);
    source.copyRows(start, start + count, copy);
    return copy;
  }

  /** An array of at least this length, kept from call to call. */
  private array(name: string, length: number): Float32Array {
    let kept = this.arrays.get(name);
    if (kept === undefined || kept.length < length) this.arrays.set(name, (kept = new Float32Array(length)));
    return kept;
  }
}

/** The layers of the dense steps from `start` on. */
function denseRun(rows: readonly RowStep[], start: number) {
  const specs = [];
  for (let s = start; s < rows.length; s++) {
    const step = rows[s];
    if (step.kind !== 'dense') break;
    specs.push(step.spec);
  }
  return specs;
}

/** Rows start .. start + count as a view, unless they are in several blocks or in shared memory, which engines copy. */
function inOnePiece({ dim, blocks, rowsPerBlock }: Features, start: number, count: number): Float32Array | undefined {
  const block = Math.floor(start / rowsPerBlock);
  const first = start - block * rowsPerBlock;
  if (first + count > rowsPerBlock || blocks[block].buffer instanceof SharedArrayBuffer) return undefined;
  return blocks[block].subarray(first * dim, (first + count) * dim);
}
