import { expect } from 'chai';
import { openCentres } from '../../../src/compute/cells/nearest-centres.js';
import type { Compute } from '../../../src/compute/compute.js';
import { kernelKind } from '../../../src/compute/kernels/memory.js';
import { plainCompute } from '../../../src/compute/plain.js';
import { engineOrNone, normals } from '../matrices.js';

/** By whole numbers as in the model: rows of 7 bits by their own largest value, centres of 8 by the largest of all. */
function expected(rows: Float32Array, centres: Float32Array, dim: number, probes: number): number[] {
  const cells = centres.length / dim;
  const largest = centres.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const whole = centres.map((x) => Math.round(Math.fround(x) * (127 / largest)));
  const found: number[] = [];
  for (let r = 0; r < rows.length / dim; r++) {
    const row = rows.subarray(r * dim, (r + 1) * dim);
    const most = row.reduce((m, x) => Math.max(m, Math.abs(x)), 0);
    const scale = most > 0 ? Math.fround(63 / Math.fround(most)) : 0;
    const own = Array.from(row, (x) => roundHalfEven(Math.fround(x * scale)));
    const products = Array.from({ length: cells }, (_, c) =>
      own.reduce((sum, x, i) => sum + x * whole[c * dim + i], 0),
    );
    found.push(...[...products.keys()].sort((a, b) => products[b] - products[a] || a - b).slice(0, probes));
  }
  return found;
}

function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  return x - floor === 0.5 ? floor + (floor % 2 === 0 ? 0 : 1) : Math.round(x);
}

async function find(compute: Compute, rows: Float32Array, centres: Float32Array, dim: number, probes: number) {
  const nearest = await openCentres(compute, kernelKind, centres, dim, probes);
  const out = new Int32Array((rows.length / dim) * probes);
  await nearest.find(rows, rows.length / dim, out);
  await nearest.dispose();
  return [...out];
}

describe('openCentres', () => {
  let onnx: Compute | undefined;
  before(async () => {
    onnx = await engineOrNone('onnxruntime');
  });
  after(async () => onnx?.dispose());

  for (const [count, cells, dim, probes] of [
    [1, 1, 1, 1],
    [7, 5, 3, 5],
    [200, 90, 16, 4],
    [512, 9000, 8, 2], // more products than are taken at a time
    [100, 300, 50, 128],
  ] as const) {
    it(`gives the ${probes} nearest of ${cells} centres to ${count} rows by products of whole numbers`, async function () {
      if (onnx === undefined) this.skip();
      const [rows, centres] = [normals(count * dim, 3), normals(cells * dim, 4)];
      expect(await find(onnx, rows, centres, dim, probes)).to.deep.equal(expected(rows, centres, dim, probes));
    });
  }

  it('nearly agrees with products of float32', async function () {
    if (onnx === undefined) this.skip();
    const [rows, centres] = [normals(300 * 64, 3), normals(100 * 64, 4)];
    const [whole, floats] = await Promise.all([onnx, plainCompute].map((by) => find(by, rows, centres, 64, 1)));
    expect(whole.filter((cell, r) => cell === floats[r]).length).to.be.above(285);
  });

  it('gives equally near ones by number, and the first ones to rows of zeros', async () => {
    const centres = Float32Array.from({ length: 40 * 4 }, (_, i) => (i % 4 === Math.floor(i / 4) % 2 ? 1 : 0));
    const rows = Float32Array.of(0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0);
    for (const compute of [onnx, plainCompute]) {
      if (compute === undefined) continue;
      expect(await find(compute, rows, centres, 4, 3)).to.deep.equal([1, 3, 5, 0, 1, 2, 0, 2, 4]);
    }
  });

  it('takes values of any size', async function () {
    if (onnx === undefined) this.skip();
    const [rows, centres] = [normals(20 * 8, 3), normals(30 * 8, 4)];
    const nearest = await find(onnx, rows, centres, 8, 3);
    for (const scale of [2 ** 40, 2 ** -40, 2 ** 100]) {
      expect(await find(onnx, rows.map((x) => x * scale), centres, 8, 3)).to.deep.equal(nearest); // prettier-ignore
    }
  });
});
