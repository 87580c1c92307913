import type { Compute } from '../compute/compute.js';
import type { SparseMatrix } from '../compute/kernels/sparse-matrix.js';
import { Features } from '../data/features.js';
import { Aggregator, type Sum } from './aggregator.js';
import { compile, type GraphStep, type Program } from './compile.js';
import { assertFiniteRows } from './finite-rows.js';
import { ForwardCrew } from './forward-crew.js';
import type { ForwardBatch } from './forward-messages.js';
import { GatheredRows, gatherRows, type Gathering } from './gather.js';
import { copyColumns, privateRows, rowsOf, type GraphBatch, type RowSource } from './graph-batch.js';
import type { Model } from './layers.js';
import { assertWeights, type Weights } from './parameters.js';
import type { OwnRows } from './own-rows.js';
import { poolRows } from './pool.js';
import { readRows, type ReadRows } from './read-rows.js';
import { RowPasses, type TapReader } from './row-passes.js';

/** Rows that are held between two steps stay allocated up to this size: batches of small graphs come by the hundred. */
const keptBytes = 2 ** 26;

export interface ForwardOptions {
  /** Graphs gather their rows of one table (see {@link ForwardModel.project}): the first product is made once for all. */
  readonly shared?: boolean;
  /** For messages: the file of the weights. */
  readonly place?: string;
  readonly signal?: AbortSignal | undefined;
}

export type { TapReader } from './row-passes.js';
export type { ForwardBatch } from './forward-messages.js';

/**
 * A model ready to run. Dense products are made by the compute engine, propagation by our own kernel; rows pass in blocks,
 * and only what a propagation reads is ever held as a whole, so memory is a small multiple of rows x columns x 4 bytes.
 * Dispose of it after use.
 */
export class ForwardModel {
  private readonly crew: ForwardCrew;
  private readonly rooms = new Map<string, Float32Array>();

  private constructor(
    private readonly model: Model,
    private readonly program: Program,
    private readonly passes: readonly RowPasses[],
    private readonly projector: RowPasses | undefined,
    private readonly options: ForwardOptions,
    private readonly aggregator: Aggregator,
    crew: (self: ForwardModel) => ForwardCrew,
  ) {
    this.crew = crew(this);
  }

  /** @throws L2cError E_WEIGHTS where the weights are not those of the model */
  static async open(
    model: Model,
    weights: Weights,
    compute: Compute,
    options: ForwardOptions = {},
  ): Promise<ForwardModel> {
    assertWeights(model, weights, options.place ?? '');
    const program = compile(model, weights, options.shared ?? false);
    const passes: RowPasses[] = [];
    for (const stage of program.stages) {
      const [columns] = stage.widths;
      const parts = stage.graph?.kind === 'concat' ? [columns / 2, columns / 2] : [columns];
      passes.push(await RowPasses.open(stage, parts, compute));
    }
    const projector = await projectorOf(program, compute);
    const again = (engine: Compute): Promise<ForwardModel> => ForwardModel.open(model, weights, engine, options);
    const crew = (self: ForwardModel): ForwardCrew =>
      new ForwardCrew(self, again, { model, weights, shared: options.shared ?? false }, compute);
    return new ForwardModel(model, program, passes, projector, options, new Aggregator(compute.threads), crew);
  }

  /**
   * The table behind the product of the first layer, (n x projected): what {@link gather} takes rows of. Of a model
   * opened with `shared`.
   */
  async project(table: RowSource): Promise<Features> {
    const { projection } = this.program;
    if (projection === undefined || this.projector === undefined) throw new RangeError('opened without shared rows');
    if (table.dim !== projection.spec.inputs) throw new RangeError(`a table of ${table.dim} columns`);
    const { outputs } = projection.spec;
    const result = this.crew.shares ? Features.allocate(table.n, outputs) : privateRows(table.n, outputs);
    await this.projector.run([table], result, {}, this.options.signal);
    return result;
  }

  /** The input of graphs whose row r is row members[r] of the table less row pivots[r], see {@link project}. */
  gather(projected: Features, gathering: Gathering): RowSource {
    if (this.program.projection === undefined) throw new RangeError('opened without shared rows');
    return gatherRows(projected, gathering, this.program.projection.offset);
  }

  /**
   * The output, (rows x columns) row-major, of the rows of `source`; taps are read as their rows pass. Rows of a model
   * opened with `shared` come from {@link gather}. What leads to no selected row is not made.
   *
   * @throws L2cError E_WEIGHTS where the output or a tap is not finite
   */
  async run(
    source: RowSource,
    batch: GraphBatch = {},
    taps: Readonly<Record<string, TapReader>> = {},
  ): Promise<Float32Array> {
    const { stages } = this.program;
    const expected = this.program.projection?.spec.outputs ?? this.model.inputs;
    if (source.dim !== expected) throw new RangeError(`${this.model.name}: ${source.dim} columns, not ${expected}`);
    const read = readRows(stages, batch);
    const readers = this.finiteOnly(taps);
    let rows = source;
    for (const [index, stage] of stages.entries()) {
      const name = `propagated ${index}`;
      const isDone = stage.graph === undefined || (stage.graph.kind === 'select' && read[index - 1] !== undefined);
      const from = isDone ? [rows] : this.graphStep(stage.graph, rows, batch, read[index], name);
      const [{ n }] = from;
      const width = stage.widths.at(-1)!;
      const isLast = index === stages.length - 1;
      if (stage.rows.length === 0 && !isLast) {
        [rows] = from;
        continue;
      }
      const whole = isLast ? rowsOf(new Float32Array(n * width), width) : this.room(`rows ${index}`, n, width);
      await this.passes[index].run(from, whole, readers, this.options.signal);
      if (whole.n === 0 && isLast) return new Float32Array(0);
      if (isLast) {
        const [output] = whole.blocks;
        this.assertFinite(output);
        return output;
      }
      rows = whole;
    }
    throw new RangeError('a model without layers');
  }

  /**
   * The outputs of many batches, as {@link run} gives them, with the batches and in their order: where there is enough to do,
   * all threads of the engine take part, and batches are asked for ahead of what has come out. One such run at a time.
   *
   * @throws L2cError E_WEIGHTS where an output is not finite
   */
  outputs<Batch extends ForwardBatch>(batches: Iterable<Batch>): AsyncIterable<readonly [Batch, Float32Array]> {
    return this.crew.outputs(batches);
  }

  async dispose(): Promise<void> {
    await this.crew.dismiss();
    for (const passes of this.passes) await passes.dispose();
    await this.projector?.dispose();
    await this.aggregator.dispose();
  }

  private finiteOnly(taps: Readonly<Record<string, TapReader>>): Record<string, TapReader> {
    const checked = ([name, reader]: [string, TapReader]): [string, TapReader] => [
      name,
      (values, start, count) => {
        this.assertFinite(values);
        reader(values, start, count);
      },
    ];
    return Object.fromEntries(Object.entries(taps).map(checked));
  }

  private assertFinite(values: Float32Array): void {
    assertFiniteRows(values, this.model.name, this.options.place ?? '');
  }

  /** Rows to be written over, kept from call to call under their name unless they are many. */
  private room(name: string, n: number, dim: number): Features {
    const length = n * dim;
    if (4 * length > keptBytes || length === 0) return privateRows(n, dim);
    let kept = this.rooms.get(name);
    if (kept === undefined || kept.length < length) this.rooms.set(name, (kept = new Float32Array(length)));
    return rowsOf(kept.subarray(0, length), dim);
  }

  /** The rows that the row steps behind it read; several lie side by side. */
  private graphStep(
    step: GraphStep,
    source: RowSource,
    batch: GraphBatch,
    read: ReadRows | undefined,
    name: string,
  ): readonly RowSource[] {
    const { n, dim } = source;
    const matrix = (): SparseMatrix => read?.matrix ?? batch.adjacency ?? missing('adjacency');
    switch (step.kind) {
      case 'aggregate':
        return [this.aggregated(source, matrix(), 0, dim, name)];
      case 'concat': {
        const own = read === undefined ? source : selectedRows(source, read.own);
        return [own, this.aggregated(source, matrix(), 0, dim, name)];
      }
      case 'split':
        return [this.split(source, matrix(), read?.own, name, step.relu)];
      case 'select':
        return [selectedRows(source, batch.selected ?? missing('selected rows'))];
      case 'pool': {
        const all = new Float32Array(n * dim);
        source.copyRows(0, n, all);
        return [rowsOf(poolRows(all, dim, batch.graphs ?? Int32Array.of(0, n), step.reduce).values, dim)];
      }
    }
  }

  /** u + A v for all rows of [u, v], or for those that are read. */
  private split(
    source: RowSource,
    matrix: SparseMatrix,
    read: Int32Array | undefined,
    name: string,
    relu: boolean,
  ): Features {
    const half = source.dim / 2;
    if (source instanceof Features) {
      const rows = read === undefined ? source : selectedRows(source, read);
      const own: OwnRows = {
        copyColumns: (start, end, first, count, target) => copyColumns(rows, start, end, first, count, target),
      };
      return this.aggregated(source, matrix, half, half, name, { own, relu });
    }
    if (!(source instanceof GatheredRows)) throw new RangeError('rows to be added up are gathered, or held whole');
    const members: RowSource = {
      n: source.n,
      dim: half,
      copyRows: (start, end, target) => source.copyMembers(start, end, half, half, target),
      copyColumns: (start, end, first, count, target) => source.copyMembers(start, end, half + first, count, target),
    };
    const own = (read === undefined ? source : source.some(read)).ownHalves();
    return this.aggregated(members, matrix, 0, half, name, { own, relu });
  }

  private aggregated(
    source: RowSource,
    matrix: SparseMatrix,
    first: number,
    count: number,
    name: string,
    sum?: Sum,
  ): Features {
    const result = this.room(name, matrix.rows, count);
    this.aggregator.multiply(matrix, source, { first, count }, result, sum);
    return result;
  }
}

async function projectorOf({ projection }: Program, compute: Compute): Promise<RowPasses | undefined> {
  if (projection === undefined) return undefined;
  const { spec } = projection;
  return RowPasses.open(
    { rows: [{ kind: 'dense', spec }], widths: [spec.inputs, spec.outputs] },
    [spec.inputs],
    compute,
  );
}

function missing(what: string): never {
  throw new RangeError(`the batch has no ${what}, and a layer needs it`);
}

function selectedRows(source: RowSource, selected: Int32Array): RowSource {
  const { dim } = source;
  return {
    n: selected.length,
    dim,
    copyRows(start, end, target) {
      for (let r = start; r < end; r++) {
        source.copyRows(selected[r], selected[r] + 1, target.subarray((r - start) * dim, (r - start + 1) * dim));
      }
    },
    copyColumns(start, end, first, count, target) {
      for (let r = start; r < end; r++) {
        const row = target.subarray((r - start) * count, (r - start + 1) * count);
        copyColumns(source, selected[r], selected[r] + 1, first, count, row);
      }
    },
  };
}
