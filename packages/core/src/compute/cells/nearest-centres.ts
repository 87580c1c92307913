import type { Compute, OnnxSession } from '../compute.js';
import { writeOnnx } from '../onnx.js';
import { BlockSearch, blockVectors } from '../neighbours/block-search.js';
import { blockRows, type CellIds } from './cell-job.js';

/** The nearest of some centres for many rows. */
export interface NearestCentres {
  /** Writes the nearest centres of each of `count` <= 512 rows (count x dim): (count x probes), nearest first, ties to the lower. */
  find(rows: Float32Array, count: number, out: CellIds): Promise<void>;
  dispose(): Promise<void>;
}

/**
 * Prepares centres (cells x dim) to be looked up, `probes` <= cells of them at a time: by products of 8 bits where an engine
 * runs them on the CPU, which is 3 to 4 times as fast and tells centres apart well enough, else by those of float32.
 */
export async function openCentres(
  compute: Compute,
  kind: 'wasm' | 'plain',
  centres: Float32Array,
  dim: number,
  probes: number,
): Promise<NearestCentres> {
  if (compute.session === undefined || compute.device !== 'cpu') {
    return new FloatCentres(new BlockSearch(kind, compute, dim, blockRows, probes), centres, dim);
  }
  const model = centresModel(quantizedCentres(centres, dim), dim, probes);
  return new QuantizedCentres(await compute.session(model), dim, probes, centres.length / dim);
}

class FloatCentres implements NearestCentres {
  private readonly centres: Float32Array;

  constructor(
    private readonly search: BlockSearch,
    centres: Float32Array,
    private readonly dim: number,
  ) {
    this.centres = centres.slice(); // engines take no shared arrays
  }

  async find(rows: Float32Array, count: number, out: CellIds): Promise<void> {
    const { search, centres, dim } = this;
    search.begin(rows, count);
    const cells = centres.length / dim;
    for (let cell = 0; cell < cells; cell += blockVectors) {
      const end = Math.min(cells, cell + blockVectors);
      await search.offer(centres.subarray(cell * dim, end * dim), end - cell, cell);
    }
    search.finish(out);
  }

  async dispose(): Promise<void> {}
}

/** Products of rows and centres at a time, so few that they stay in the cache until the largest are taken; but rows for these many. */
const [blockProducts, leastRows] = [2 ** 19, 64];

/**
 * Rows have 7 bits, around a zero of 64: without instructions for products of bytes, those of two pairs are added up in 16
 * bits, and must fit. Sums are whole numbers, so that the nearest are the same on any machine.
 */
const [rowZero, rowMost, centreMost] = [64, 63, 127];

/** A row of zeros is divided by this. */
const smallestNormal = 2 ** -126;

class QuantizedCentres implements NearestCentres {
  private readonly step: number;

  constructor(
    private readonly session: OnnxSession,
    private readonly dim: number,
    private readonly probes: number,
    cells: number,
  ) {
    this.step = Math.max(leastRows, Math.floor(blockProducts / cells));
  }

  async find(rows: Float32Array, count: number, out: CellIds): Promise<void> {
    const { dim, probes, step } = this;
    for (let first = 0; first < count; first += step) {
      const length = Math.min(step, count - first);
      const values = rows.subarray(first * dim, (first + length) * dim);
      const { nearest } = await this.session.run({ rows: { shape: [length, dim], values } });
      out.set(nearest.values as Int32Array, first * probes);
    }
  }

  dispose(): Promise<void> {
    return this.session.dispose();
  }
}

/** (dim x cells) int8 of centres (cells x dim), all by the largest value of all. */
function quantizedCentres(centres: Float32Array, dim: number): Int8Array {
  const cells = centres.length / dim;
  let most = 0;
  for (const value of centres) most = Math.max(most, Math.abs(value));
  const scale = most > 0 ? centreMost / most : 0;
  const out = new Int8Array(centres.length);
  for (let c = 0; c < cells; c++) {
    for (let i = 0; i < dim; i++) out[i * cells + c] = Math.round(centres[c * dim + i] * scale);
  }
  return out;
}

/**
 * The places of the `probes` largest products of each row with the centres (dim x cells), ties to the lower. Each row is
 * quantized by its own largest value: that changes no order of its products.
 */
function centresModel(centres: Int8Array, dim: number, probes: number): Uint8Array {
  return writeOnnx({
    nodes: [
      { op: 'Abs', inputs: ['rows'], outputs: ['sizes'] },
      { op: 'ReduceMax', inputs: ['sizes'], outputs: ['largest'], attributes: { axes: { ints: [1] } } },
      { op: 'Max', inputs: ['largest', 'tiny'], outputs: ['divisors'] },
      { op: 'Div', inputs: ['most', 'divisors'], outputs: ['scales'] },
      { op: 'Mul', inputs: ['rows', 'scales'], outputs: ['scaled'] },
      { op: 'QuantizeLinear', inputs: ['scaled', 'one', 'zero'], outputs: ['quantized'] },
      { op: 'MatMulInteger', inputs: ['quantized', 'centres', 'zero'], outputs: ['products'] },
      { op: 'TopK', inputs: ['products', 'probes'], outputs: ['values', 'places'] },
      { op: 'Cast', inputs: ['places'], outputs: ['nearest'], attributes: { to: { int: 6 } } },
    ],
    inputs: [{ name: 'rows', type: 'float32', shape: ['count', dim] }],
    outputs: [{ name: 'nearest', type: 'int32', shape: ['count', probes] }],
    initializers: [
      { name: 'centres', shape: [dim, centres.length / dim], values: centres },
      { name: 'most', shape: [], values: Float32Array.of(rowMost) },
      { name: 'tiny', shape: [], values: Float32Array.of(smallestNormal) },
      { name: 'one', shape: [], values: Float32Array.of(1) },
      { name: 'zero', shape: [], values: Uint8Array.of(rowZero) },
      { name: 'probes', shape: [1], values: BigInt64Array.of(BigInt(probes)) },
    ],
  });
}
