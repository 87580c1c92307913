import { expect } from 'chai';
import { engineNames, type Compute, type DenseSpec } from '../../src/compute/compute.js';
import { openChain } from '../../src/compute/dense-chain.js';
import { sharedFloat32 } from '../../src/data/shared-arrays.js';
import { distance, engineOrNone, normals } from './matrices.js';

/** The layers in double precision, one after the other, as they are defined. */
function byDefinition(specs: readonly DenseSpec[], x: ArrayLike<number>, rows: number): ArrayLike<number> {
  return specs.reduce((values, { inputs, outputs, weights, bias, activation, slopes }) => {
    const result = new Float64Array(rows * outputs);
    for (let at = 0; at < result.length; at++) {
      const [r, o] = [Math.floor(at / outputs), at % outputs];
      let sum = bias?.[o] ?? 0;
      for (let i = 0; i < inputs; i++) sum += values[r * inputs + i] * weights[i * outputs + o];
      const below = activation === 'relu' ? 0 : activation === 'prelu' ? slopes![o] * sum : sum;
      result[at] = sum < 0 ? below : sum;
    }
    return result;
  }, x);
}

function layer(inputs: number, outputs: number, more: Partial<DenseSpec> = {}): DenseSpec {
  return { inputs, outputs, weights: normals(inputs * outputs, inputs + 100 * outputs), ...more };
}

const chains: Readonly<Record<string, { specs: readonly DenseSpec[]; parts: readonly number[] }>> = {
  'one layer': { specs: [layer(5, 3)], parts: [5] },
  'one layer of two parts': { specs: [layer(9, 4, { bias: normals(4, 1), activation: 'relu' })], parts: [4, 5] },
  'two parts without bias': { specs: [layer(6, 2)], parts: [3, 3] },
  'three layers of three parts': {
    specs: [
      layer(7, 6, { bias: normals(6, 2), activation: 'relu' }),
      layer(6, 5, { bias: normals(5, 3), activation: 'prelu', slopes: normals(5, 4) }),
      layer(5, 2),
    ],
    parts: [1, 2, 4],
  },
};

for (const name of engineNames) {
  describe(`dense chain, ${name}`, () => {
    let compute: Compute;
    before(async function () {
      const loaded = await engineOrNone(name, 2);
      if (loaded === undefined) this.skip();
      compute = loaded;
    });
    after(async () => compute?.dispose());

    for (const [title, { specs, parts }] of Object.entries(chains)) {
      it(`is its layers one after the other: ${title}`, async () => {
        const chain = await openChain(compute, specs, parts);
        const [dim, outputs] = [specs[0].inputs, specs.at(-1)!.outputs];
        for (const rows of [1, 8, 3]) {
          const x = normals(rows * dim, rows);
          let first = 0;
          const sides = parts.map((count) => {
            const part = Float32Array.from({ length: rows * count }, (_, at) => {
              return x[Math.floor(at / count) * dim + first + (at % count)];
            });
            first += count;
            return part;
          });
          const expected = byDefinition(specs, x, rows);
          expect(distance(await chain.run(sides, rows), expected), `${rows} rows`).to.be.below(1e-4);
          // into the middle of an array that is longer, private or shared, and nothing beside it
          for (const room of [new Float32Array(99), sharedFloat32(99)]) {
            room.fill(7);
            const out = room.subarray(10, 10 + rows * outputs);
            expect(await chain.run(sides, rows, out)).to.equal(out);
            expect(distance(out, expected), `${rows} rows in place`).to.be.below(1e-4);
            const beside = [...room.subarray(0, 10), ...room.subarray(10 + rows * outputs)];
            expect(beside.every((value) => value === 7)).to.equal(true);
          }
        }
        expect(
          await chain.run(
            parts.map(() => new Float32Array(0)),
            0,
          ),
        ).to.have.length(0);
        await chain.dispose();
      });
    }

    it('refuses layers that do not fit each other or their parts', async () => {
      for (const [specs, parts, message] of [
        [[layer(4, 3), layer(2, 1)], [4], /3 columns for a layer of 2/],
        [[layer(4, 3)], [2, 3], /5 columns for a layer of 4/],
        [[], [2], /a chain without layers/],
      ] as const) {
        let caught: unknown;
        await openChain(compute, specs, parts).catch((error: unknown) => (caught = error));
        expect(caught).to.be.instanceOf(RangeError);
        expect((caught as Error).message).to.match(message);
      }
    });
  });
}
