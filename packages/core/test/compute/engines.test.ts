import { expect } from 'chai';
import { engineNames, type Compute, type DenseSpec } from '../../src/compute/compute.js';
import { sharedFloat32 } from '../../src/data/shared-arrays.js';
import { distance, engineOrNone, normals, productOf } from './matrices.js';

/** activation(x W + b) in double precision, written as its definition. */
function denseOf(spec: DenseSpec, x: Float32Array, rows: number): number[] {
  const { inputs, outputs, weights, bias, activation, slopes } = spec;
  return Array.from({ length: rows * outputs }, (_, at) => {
    const [r, o] = [Math.floor(at / outputs), at % outputs];
    let sum = bias === undefined ? 0 : bias[o];
    for (let i = 0; i < inputs; i++) sum += x[r * inputs + i] * weights[i * outputs + o];
    if (sum >= 0 || activation === undefined) return sum;
    return activation === 'relu' ? 0 : slopes![o] * sum;
  });
}

/** m, n, dim: one and odd, around the widths of SIMD, a block. */
const shapes = [
  [1, 1, 1],
  [1, 7, 3],
  [5, 1, 16],
  [3, 4, 5],
  [16, 16, 16],
  [17, 33, 31],
  [64, 65, 128],
  [2, 3, 513],
] as const;

for (const name of engineNames) {
  describe(`compute engine ${name}`, () => {
    let compute: Compute;
    before(async function () {
      const loaded = await engineOrNone(name, 2);
      if (loaded === undefined) this.skip();
      compute = loaded;
    });
    after(async () => compute?.dispose());

    it('says what it is', () => {
      expect(compute).to.include({ engine: name, device: 'cpu' });
      expect(compute.description).to.match(/ on (cpu|wasm|tfjs-node)$/);
      expect(compute.threads).to.be.oneOf([1, 2]);
    });

    for (const [m, n, dim] of shapes) {
      it(`multiplies (${m} x ${dim}) with (${n} x ${dim})ᵀ`, async () => {
        const [a, b] = [normals(m * dim, 1), normals(n * dim, 2)];
        const out = new Float32Array(m * n);
        await compute.gemmTransposed(a, m, b, n, dim, out);
        expect(distance(out, productOf(a, m, b, n, dim))).to.be.below(1e-5 * Math.sqrt(dim));
      });
    }

    for (const memory of ['private', 'shared'] as const) {
      it(`reads from and writes into the middle of ${memory} memory`, async () => {
        const [m, n, dim] = [6, 5, 9];
        const room = memory === 'shared' ? sharedFloat32(300) : new Float32Array(300);
        room.fill(99);
        const [a, b, out] = [room.subarray(3, 3 + m * dim), room.subarray(100, 100 + n * dim), room.subarray(200, 230)];
        a.set(normals(m * dim, 3));
        b.set(normals(n * dim, 4));
        const before = room.slice();
        await compute.gemmTransposed(a, m, b, n, dim, out);
        expect(distance(out, productOf(a, m, b, n, dim))).to.be.below(1e-5);
        before.set(out, 200);
        expect(room).to.deep.equal(before);
      });
    }

    it('takes arrays longer than the matrices in them', async () => {
      const [m, n, dim] = [3, 2, 4];
      const [a, b] = [normals(99, 5), normals(88, 6)];
      const out = new Float32Array(20).fill(7);
      await compute.gemmTransposed(a, m, b, n, dim, out);
      expect(distance(out.subarray(0, m * n), productOf(a, m, b, n, dim))).to.be.below(1e-5);
      expect([...out.subarray(m * n)]).to.deep.equal(Array(14).fill(7));
    });

    it('keeps the arrays it was given', async () => {
      const [a, b] = [normals(12, 7), normals(20, 8)];
      const copies = [a.slice(), b.slice()];
      const out = new Float32Array(15);
      await compute.gemmTransposed(a, 3, b, 5, 4, out);
      const first = out.slice();
      await compute.gemmTransposed(b, 5, a, 3, 4, new Float32Array(15));
      expect([a, b]).to.deep.equal(copies);
      expect(out).to.deep.equal(first);
    });

    for (const activation of [undefined, 'relu', 'prelu'] as const) {
      for (const withBias of [true, false]) {
        it(`dense layer, ${activation ?? 'linear'}, ${withBias ? 'biased' : 'without bias'}`, async () => {
          const [inputs, outputs] = [13, 7];
          const spec: DenseSpec = {
            inputs,
            outputs,
            weights: normals(inputs * outputs, 9),
            bias: withBias ? normals(outputs, 10) : undefined,
            activation,
            slopes: activation === 'prelu' ? normals(outputs, 11) : undefined,
          };
          const layer = await compute.denseLayer(spec);
          for (const rows of [1, 6, 33]) {
            const x = normals(rows * inputs, 12 + rows);
            const expected = denseOf(spec, x, rows);
            expect(distance(await layer.run(x, rows), expected), `${rows} rows`).to.be.below(1e-5);
            const shared = sharedFloat32(rows * inputs);
            shared.set(x);
            const out = sharedFloat32(rows * outputs);
            expect(await layer.run(shared, rows, out)).to.equal(out);
            expect(distance(out, expected), `${rows} shared rows`).to.be.below(1e-5);
          }
          await layer.dispose();
        });
      }
    }

    it('dense layer of no rows gives none', async () => {
      const layer = await compute.denseLayer({ inputs: 2, outputs: 3, weights: normals(6, 1) });
      expect(await layer.run(new Float32Array(0), 0)).to.have.length(0);
      const out = Float32Array.of(1, 2, 3);
      expect([...(await layer.run(new Float32Array(0), 0, out))]).to.deep.equal([1, 2, 3]);
      await layer.dispose();
    });

    it('dense layer hides no NaN behind its activation', async () => {
      for (const activation of ['relu', 'prelu'] as const) {
        const weights = Float32Array.of(1, -1);
        const layer = await compute.denseLayer({ inputs: 1, outputs: 2, weights, activation, slopes: weights });
        const out = await layer.run(Float32Array.of(NaN, 2), 2);
        expect([...out.subarray(0, 3)], activation).to.deep.equal([NaN, NaN, 2]);
        await layer.dispose();
      }
    });

    it('multiplies matrices without rows', async () => {
      const out = Float32Array.of(1, 2, 3);
      await compute.gemmTransposed(new Float32Array(0), 0, normals(6, 1), 3, 2, out);
      await compute.gemmTransposed(normals(6, 1), 3, new Float32Array(0), 0, 2, out);
      expect([...out]).to.deep.equal([1, 2, 3]);
    });

    it('refuses layers whose arrays do not fit', async () => {
      const weights = normals(6, 1);
      const wrong: readonly [DenseSpec, RegExp][] = [
        [{ inputs: 2, outputs: 2, weights }, /6 weights, not 2 x 2/],
        [{ inputs: 2, outputs: 3, weights, bias: normals(2, 1) }, /2 biases, not 3/],
        [{ inputs: 2, outputs: 3, weights, activation: 'prelu' }, /prelu needs 3 slopes/],
      ];
      for (const [spec, message] of wrong) {
        let caught: unknown;
        await compute.denseLayer(spec).catch((error: unknown) => (caught = error));
        expect(caught).to.be.instanceOf(RangeError);
        expect((caught as Error).message).to.match(message);
      }
    });
  });
}

describe('compute engines', () => {
  it('agree with each other on a block of a search', async function () {
    const [m, n, dim] = [96, 80, 256];
    const [a, b] = [normals(m * dim, 21), normals(n * dim, 22)].map((rows) => {
      for (let i = 0; i < rows.length; i += dim) {
        const norm = Math.hypot(...rows.subarray(i, i + dim));
        for (let c = i; c < i + dim; c++) rows[c] /= norm;
      }
      return rows;
    });
    const results: Float32Array[] = [];
    for (const name of engineNames) {
      const compute = await engineOrNone(name);
      if (compute === undefined) continue;
      const out = new Float32Array(m * n);
      await compute.gemmTransposed(a, m, b, n, dim, out);
      await compute.dispose();
      results.push(out);
    }
    if (results.length < 2) this.skip();
    for (const other of results.slice(1)) expect(distance(results[0], other)).to.be.below(1e-6);
  });
});
