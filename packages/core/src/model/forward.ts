import type { Compute, DenseLayer } from '../compute/compute.js';
import { Features } from '../data/features.js';
import { Aggregator, type Sum } from './aggregator.js';
import { compile, type GraphStep, type Program, type RowStep, type Stage } from './compile.js';
import { GatheredRows, gatherRows, type Gathering } from './gather.js';
import { copyColumns, privateRows, rowsOf, writeRows, type GraphBatch, type RowSource } from './graph-batch.js';
import type { Model } from './layers.js';
import { assertWeights, type Weights } from './parameters.js';
import type { OwnRows } from './own-rows.js';
import { poolRows } from './pool.js';
import { applyInPlace } from './row-steps.js';

/** Values of a block that passes through the model: 8 MiB stay in the caches better than more. */
const blockValues = 2 ** 21;

/** Rows that are held between two steps stay allocated up to this size: batches of small graphs come by the hundred. */
const keptBytes = 2 ** 26;

export interface ForwardOptions {
  /** Graphs gather their rows of one table (see {@link ForwardModel.project}): the first product is made once for all. */
  readonly shared?: boolean;
  /** For messages: the file of the weights. */
  readonly place?: string;
  readonly signal?: AbortSignal | undefined;
}

/** Receives the rows at a `tap` as they pass: `count` rows from `start` on, at the front of an array that is reused. */
export type TapReader = (values: Float32Array, start: number, count: number) => void;

/**
 * A model ready to run. Dense products are made by the compute engine, propagation by our own kernel; rows pass in blocks,
 * and only what a propagation reads is ever held as a whole, so memory is a small multiple of rows x columns x 4 bytes.
 * Dispose of it after use.
 */
export class ForwardModel {
  private readonly aggregator = new Aggregator();
  private readonly rooms = new Map<string, Float32Array>();
  private blocks: [Float32Array, Float32Array] = [new Float32Array(0), new Float32Array(0)];

  private constructor(
    private readonly model: Model,
    private readonly program: Program,
    private readonly layers: ReadonlyMap<RowStep, DenseLayer>,
    private readonly projector: DenseLayer | undefined,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** @throws L2cError E_WEIGHTS where the weights are not those of the model */
  static async open(
    model: Model,
    weights: Weights,
    compute: Compute,
    options: ForwardOptions = {},
  ): Promise<ForwardModel> {
    assertWeights(model, weights, options.place ?? '');
    const program = compile(model, weights, options.shared ?? false);
    const layers = new Map<RowStep, DenseLayer>();
    for (const step of program.stages.flatMap(({ rows }) => rows)) {
      if (step.kind === 'dense') layers.set(step, await compute.denseLayer(step.spec));
    }
    const projector = program.projection === undefined ? undefined : await compute.denseLayer(program.projection.spec);
    return new ForwardModel(model, program, layers, projector, options.signal);
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
    const result = privateRows(table.n, outputs);
    const size = blockRows([table.dim, outputs], table.n);
    const [x, y] = [new Float32Array(size * table.dim), new Float32Array(size * outputs)];
    for (let start = 0; start < table.n; start += size) {
      this.signal?.throwIfAborted();
      const end = Math.min(table.n, start + size);
      table.copyRows(start, end, x);
      writeRows(result, start, end - start, await this.projector.run(x, end - start, y));
    }
    return result;
  }

  /** The input of graphs whose row r is row members[r] of the table less row pivots[r], see {@link project}. */
  gather(projected: Features, gathering: Gathering): RowSource {
    if (this.program.projection === undefined) throw new RangeError('opened without shared rows');
    return gatherRows(projected, gathering, this.program.projection.offset);
  }

  /**
   * The output, (rows x columns) row-major, of the rows of `source`; taps are read as their rows pass. Rows of a model
   * opened with `shared` come from {@link gather}.
   */
  async run(
    source: RowSource,
    batch: GraphBatch = {},
    taps: Readonly<Record<string, TapReader>> = {},
  ): Promise<Float32Array> {
    const { stages } = this.program;
    const expected = this.program.projection?.spec.outputs ?? this.model.inputs;
    if (source.dim !== expected) throw new RangeError(`${this.model.name}: ${source.dim} columns, not ${expected}`);
    let rows = source;
    for (const [index, stage] of stages.entries()) {
      const from = stage.graph === undefined ? rows : this.graphStep(stage.graph, rows, batch, `propagated ${index}`);
      const width = stage.widths.at(-1)!;
      if (index === stages.length - 1) {
        const result = new Float32Array(from.n * width);
        await this.rowSteps(stage, from, taps, (values, start, count) =>
          result.set(values.subarray(0, count * width), start * width),
        );
        return result;
      }
      if (stage.rows.length === 0) {
        rows = from;
        continue;
      }
      const whole = this.room(`rows ${index}`, from.n, width);
      await this.rowSteps(stage, from, taps, (values, start, count) => writeRows(whole, start, count, values));
      rows = whole;
    }
    throw new RangeError('a model without layers');
  }

  async dispose(): Promise<void> {
    for (const layer of this.layers.values()) await layer.dispose();
    await this.projector?.dispose();
  }

  private async rowSteps(stage: Stage, from: RowSource, taps: Readonly<Record<string, TapReader>>, to: TapReader) {
    const size = blockRows(stage.widths, from.n);
    const widest = Math.max(...stage.widths);
    let [values, spare] = this.twoBlocks(size * widest);
    for (let start = 0; start < from.n; start += size) {
      this.signal?.throwIfAborted();
      const count = Math.min(size, from.n - start);
      from.copyRows(start, start + count, values);
      for (const [s, step] of stage.rows.entries()) {
        if (step.kind === 'dense') {
          await this.layers.get(step)!.run(values, count, spare);
          [values, spare] = [spare, values];
        } else if (step.kind === 'tap') {
          taps[step.name]?.(values, start, count);
        } else {
          applyInPlace(step, values, count, stage.widths[s]);
        }
      }
      to(values, start, count);
    }
  }

  /** Two arrays of at least this length, kept from call to call. */
  private twoBlocks(length: number): readonly [Float32Array, Float32Array] {
    if (this.blocks[0].length < length) this.blocks = [new Float32Array(length), new Float32Array(length)];
    return this.blocks;
  }

  /** Rows to be written over, kept from call to call under their name unless they are many. */
  private room(name: string, n: number, dim: number): Features {
    const length = n * dim;
    if (4 * length > keptBytes || length === 0) return privateRows(n, dim);
    let kept = this.rooms.get(name);
    if (kept === undefined || kept.length < length) this.rooms.set(name, (kept = new Float32Array(length)));
    return rowsOf(kept.subarray(0, length), dim);
  }

  private graphStep(step: GraphStep, source: RowSource, batch: GraphBatch, name: string): RowSource {
    const { n, dim } = source;
    switch (step.kind) {
      case 'aggregate':
        return this.aggregated(source, batch, 0, dim, name);
      case 'concat':
        return sideBySide(source, this.aggregated(source, batch, 0, dim, name));
      case 'split':
        return this.split(source, batch, name, step.relu);
      case 'select':
        return selectedRows(source, batch.selected ?? missing('selected rows'));
      case 'pool': {
        const all = new Float32Array(n * dim);
        source.copyRows(0, n, all);
        return rowsOf(poolRows(all, dim, batch.graphs ?? Int32Array.of(0, n), step.reduce).values, dim);
      }
    }
  }

  private split(source: RowSource, batch: GraphBatch, name: string, relu: boolean): Features {
    const half = source.dim / 2;
    if (source instanceof Features) {
      const own: OwnRows = {
        copyColumns: (start, end, first, count, target) => copyColumns(source, start, end, first, count, target),
      };
      return this.aggregated(source, batch, half, half, name, { own, relu });
    }
    if (!(source instanceof GatheredRows)) throw new RangeError('rows to be added up are gathered, or held whole');
    const members: RowSource = {
      n: source.n,
      dim: half,
      copyRows: (start, end, target) => source.copyMembers(start, end, half, half, target),
      copyColumns: (start, end, first, count, target) => source.copyMembers(start, end, half + first, count, target),
    };
    return this.aggregated(members, batch, 0, half, name, { own: source.ownHalves(), relu });
  }

  private aggregated(
    source: RowSource,
    batch: GraphBatch,
    first: number,
    count: number,
    name: string,
    sum?: Sum,
  ): Features {
    const result = this.room(name, source.n, count);
    this.aggregator.multiply(batch.adjacency ?? missing('adjacency'), source, { first, count }, result, sum);
    return result;
  }
}

function blockRows(widths: readonly number[], rows: number): number {
  return Math.max(1, Math.min(rows, Math.floor(blockValues / Math.max(...widths))));
}

function missing(what: string): never {
  throw new RangeError(`the batch has no ${what}, and a layer needs it`);
}

/** [x, y], made as it is read. */
function sideBySide(x: RowSource, y: Features): RowSource {
  const dim = x.dim + y.dim;
  return {
    n: x.n,
    dim,
    copyRows(start, end, target) {
      copyColumns(x, start, end, 0, x.dim, target, dim);
      copyColumns(y, start, end, 0, y.dim, target, dim, x.dim);
    },
  };
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
  };
}
