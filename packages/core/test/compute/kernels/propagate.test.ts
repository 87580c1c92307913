import { expect } from 'chai';
import { allocateMemory, Arena, instantiate } from '../../../src/compute/kernels/memory.js';
import { addScaledPlain, propagatePlain } from '../../../src/compute/kernels/propagate-plain.js';
import { propagateWasm } from '../../../src/compute/kernels/propagate.wasm.js';
import { createRandom } from '../../../src/stages/random.js';
import { distance, normals } from '../matrices.js';

interface Kernels {
  propagate(...args: number[]): void;
  addScaled(...args: number[]): void;
}

/** Lays arrays out in a memory, as the kernels read them: their offsets, and a view of each. */
function layOut<Arrays extends Record<string, Float32Array | Int32Array>>(arrays: Arrays) {
  const arena = new Arena();
  const at = Object.fromEntries(Object.entries(arrays).map(([name, { byteLength }]) => [name, arena.take(byteLength)]));
  const memory = allocateMemory('wasm', arena.bytes, false);
  for (const [name, values] of Object.entries(arrays)) {
    new Uint8Array(memory.buffer, at[name], values.byteLength).set(new Uint8Array(values.buffer));
  }
  const view = (name: keyof Arrays & string): Float32Array =>
    new Float32Array(memory.buffer, at[name], arrays[name].length);
  return { at: at as Record<keyof Arrays, number>, view, kernels: instantiate<Kernels>(propagateWasm, memory) };
}

const [rows, columns] = [23, 19];
const random = createRandom(4);
const offsets = new Int32Array(rows + 1);
for (let r = 0; r < rows; r++) offsets[r + 1] = offsets[r] + random.integer(9);
const indices = Int32Array.from({ length: offsets[rows] }, () => random.integer(columns));
const weights = normals(offsets[rows], 5);

function byDefinition(x: Float32Array, own: Float32Array, dim: number, lowest: number): number[] {
  return Array.from(own, (value, at) => {
    const [r, c] = [Math.floor(at / dim), at % dim];
    for (let e = offsets[r]; e < offsets[r + 1]; e++) value += weights[e] * x[indices[e] * dim + c];
    return Math.max(value, lowest);
  });
}

describe('propagation kernel', () => {
  for (const lowest of [-Infinity, 0, 0.5]) {
    it(`adds A x to rows and keeps what is above ${lowest}, by both twins`, () => {
      for (const dim of [1, 3, 4, 7, 31, 32, 33, 36, 64, 101]) {
        const [x, own] = [normals(columns * dim, dim), normals(rows * dim, dim + 1)];
        const expected = byDefinition(x, own, dim, lowest);
        const plain = own.slice();
        propagatePlain({ rows, columns, offsets, indices, weights }, dim, x, plain, lowest);
        expect(distance(plain, expected), `plain, ${dim} columns`).to.be.below(1e-5);
        const order = createRandom(dim).shuffle(Int32Array.from({ length: rows }, (_, r) => r));
        const { at, view, kernels } = layOut({ order, offsets, indices, weights, x, own });
        kernels.propagate(rows, dim, at.order, at.offsets, at.indices, at.weights, at.x, at.own, lowest);
        expect(distance(view('own'), expected), `wasm, ${dim} columns`).to.be.below(1e-5);
      }
    });
  }

  it('leaves rows alone that are not listed', () => {
    const [x, own] = [normals(columns * 5, 1), normals(rows * 5, 2)];
    const { at, view, kernels } = layOut({ order: Int32Array.of(7), offsets, indices, weights, x, own });
    kernels.propagate(1, 5, at.order, at.offsets, at.indices, at.weights, at.x, at.own, 0);
    const expected = byDefinition(x, own, 5, 0);
    const found = [...view('own')];
    found.forEach((value, i) => expect(value).closeTo(i >= 35 && i < 40 ? expected[i] : own[i], 1e-5));
  });

  it('lets NaN through a lowest value', () => {
    for (const dim of [1, 4, 32]) {
      const own = new Float32Array(rows * dim).fill(NaN);
      const plain = own.slice();
      const x = new Float32Array(columns * dim);
      propagatePlain({ rows, columns, offsets, indices, weights }, dim, x, plain, 0);
      const order = Int32Array.from({ length: rows }, (_, r) => r);
      const { at, view, kernels } = layOut({ order, offsets, indices, weights, x, own });
      kernels.propagate(rows, dim, at.order, at.offsets, at.indices, at.weights, at.x, at.own, 0);
      expect([...plain, ...view('own')].every(Number.isNaN), `${dim} columns`).to.equal(true);
    }
  });

  it('adds u + s v to some rows, by both twins', () => {
    for (const dim of [1, 4, 6, 32, 33]) {
      const [u, v, scales] = [normals(dim, 1), normals(dim, 2), normals(rows, 3)];
      const values = normals(rows * dim, 4);
      const expected = values.map((value, at) => {
        const [r, c] = [Math.floor(at / dim), at % dim];
        return r >= 5 && r < 17 ? value + u[c] + scales[r] * v[c] : value;
      });
      const plain = values.slice();
      addScaledPlain(5, 17, plain, u, v, scales);
      expect(distance(plain, expected), `plain, ${dim} columns`).to.be.below(1e-5);
      const { at, view, kernels } = layOut({ values, u, v, scales });
      kernels.addScaled(5, 17, dim, at.values, at.u, at.v, at.scales);
      expect(distance(view('values'), expected), `wasm, ${dim} columns`).to.be.below(1e-5);
    }
  });
});
