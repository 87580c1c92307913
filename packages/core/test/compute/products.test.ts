import { expect } from 'chai';
import type { Compute, MatrixProduct } from '../../src/compute/compute.js';
import { loadTfjs, type LoadedTfjs } from '../../src/compute/tfjs.js';
import { withProducts } from '../../src/compute/tfjs-patches.js';
import { distance, engineOrNone, normals, productOf } from './matrices.js';

/** (columns x rows) of (rows x columns). */
function turned(values: Float32Array, rows: number, columns: number): Float32Array {
  return values.map((_, at) => values[(at % rows) * columns + Math.floor(at / rows)]);
}

const transposes = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const;

describe('products of ONNX Runtime that return at once', () => {
  let compute: Compute | undefined;
  before(async function () {
    compute = await engineOrNone('onnxruntime', 2);
    if (compute?.multiply === undefined) this.skip();
  });
  after(async () => compute?.dispose());

  // the last is written in several blocks of rows
  for (const [rows, inner, columns] of [
    [1, 1, 1],
    [7, 5, 3],
    [700, 3, 800],
  ] as const) {
    for (const [transposeA, transposeB] of transposes) {
      const marks = [transposeA ? 'Aᵀ' : 'A', transposeB ? 'Bᵀ' : 'B'];
      it(`${marks.join(' ')}: (${rows} x ${inner}) (${inner} x ${columns})`, () => {
        const [a, b] = [normals(rows * inner, 1), normals(columns * inner, 2)];
        const out = new Float32Array(rows * columns + 1).fill(9);
        compute!.multiply!(
          transposeA ? turned(a, rows, inner) : a,
          transposeB ? b : turned(b, columns, inner),
          { rows, inner, columns, transposeA, transposeB },
          out.subarray(0, rows * columns),
        );
        expect(distance(out.subarray(0, -1), productOf(a, rows, b, columns, inner))).to.be.below(1e-5);
        expect(out.at(-1)).to.equal(9);
      });
    }
  }
});

describe('matrix products of TensorFlow.js on wasm', () => {
  let loaded: LoadedTfjs;
  before(async function () {
    loaded = await loadTfjs('cpu').catch(() => this.skip());
    if (loaded.backend !== 'wasm') this.skip();
  });

  for (const [transposeA, transposeB] of transposes) {
    it(`are given away where large: transposed ${transposeA}, ${transposeB}`, async () => {
      const { tf } = loaded;
      const [rows, inner, columns] = [70, 64, 65];
      const a = tf.tensor2d(normals(rows * inner, 3), transposeA ? [inner, rows] : [rows, inner]);
      const b = tf.tensor2d(normals(columns * inner, 4), transposeB ? [columns, inner] : [inner, columns]);
      const own = a.matMul(b, transposeA, transposeB).dataSync<'float32'>();
      let calls = 0;
      const multiply: MatrixProduct = (left, right, shape, out) => {
        calls++;
        expect(shape).to.deep.equal({ rows, inner, columns, transposeA, transposeB });
        const [x, y] = [
          transposeA ? turned(left, inner, rows) : left,
          transposeB ? right : turned(right, inner, columns),
        ];
        out.set(productOf(x, rows, y, columns, inner));
      };
      const given = withProducts(multiply, () => a.matMul(b, transposeA, transposeB).dataSync<'float32'>());
      expect(distance(given, own)).to.be.below(1e-4);
      expect(calls).to.equal(1);
    });
  }

  it('stay where they are when small, of several pairs, or outside', () => {
    const { tf } = loaded;
    const none: MatrixProduct = () => {
      throw new Error('not this one');
    };
    const small = withProducts(none, () =>
      tf
        .ones([9, 9])
        .matMul(tf.ones([9, 9]))
        .dataSync(),
    );
    expect([...small]).to.deep.equal(Array(81).fill(9));
    const several = withProducts(none, () =>
      tf
        .ones([3, 99, 99])
        .matMul(tf.ones([3, 99, 99]))
        .sum()
        .dataSync(),
    );
    expect(several[0]).to.equal(3 * 99 ** 3);
    expect(
      tf
        .ones([99, 99])
        .matMul(tf.ones([99, 99]))
        .sum()
        .dataSync()[0],
    ).to.equal(99 ** 3);
  });
});
