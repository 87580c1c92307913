import { expect } from 'chai';
import { allocateMemory, Arena, instantiate, kernelKind } from '../../../src/compute/kernels/memory.js';
import { propagateSharedWasm } from '../../../src/compute/kernels/propagate-shared.wasm.js';
import { PropagationCrew } from '../../../src/compute/kernels/propagation-crew.js';
import { word } from '../../../src/compute/kernels/propagation-job.js';
import type { PropagateKernel } from '../../../src/compute/kernels/spmm.js';
import { createRandom } from '../../../src/stages/random.js';

const [rows, perRow, dim] = [3000, 90, 250];

/** A memory with a random square matrix and x in it, and the arguments of a product of them. */
function problemOf(seed: number) {
  const arena = new Arena();
  const at = {
    order: arena.take(4 * rows),
    offsets: arena.take(4 * (rows + 1)),
    indices: arena.take(4 * rows * perRow),
    weights: arena.take(4 * rows * perRow),
    x: arena.take(4 * rows * dim),
    out: arena.take(4 * rows * dim),
  };
  const memory = allocateMemory('wasm', arena.bytes, true);
  const random = createRandom(seed);
  const ints = (offset: number, length: number) => new Int32Array(memory.buffer, offset, length);
  const floats = (offset: number, length: number) => new Float32Array(memory.buffer, offset, length);
  ints(at.order, rows).forEach((_, r, order) => (order[r] = rows - 1 - r));
  ints(at.offsets, rows + 1).forEach((_, r, offsets) => (offsets[r] = r * perRow));
  ints(at.indices, rows * perRow).forEach((_, e, indices) => (indices[e] = Math.floor(rows * random.next())));
  floats(at.weights, rows * perRow).forEach((_, e, weights) => (weights[e] = random.next()));
  floats(at.x, rows * dim).forEach((_, e, x) => (x[e] = random.next() - 0.5));
  const { propagate } = instantiate<{ propagate: PropagateKernel }>(propagateSharedWasm, memory);
  const given = [rows, dim, at.order, at.offsets, at.indices, at.weights, at.x, at.out, 0] as const;
  const out = floats(at.out, rows * dim);
  const alone = (): Float32Array => {
    out.fill(0);
    propagate(...given);
    return out.slice();
  };
  return { memory, propagate, given, out, alone };
}

describe('propagation on several threads', () => {
  before(function () {
    if (kernelKind !== 'wasm') this.skip();
  });

  it('gives what one thread gives, in one memory after another, and other threads take part', async function () {
    this.timeout(60_000);
    const crew = new PropagationCrew(3);
    const problems = [problemOf(1), problemOf(2)];
    const expected = problems.map(({ alone }) => alone());
    const control = (crew as unknown as { control: Int32Array }).control;
    let helped = 0;
    for (let call = 0; call < 400 && helped < 5; call++) {
      const { memory, propagate, given, out } = problems[Math.floor(call / 3) % 2];
      out.fill(0);
      let inside = 0;
      const watched: PropagateKernel = (...parts) => {
        inside = Math.max(inside, Atomics.load(control, word.gate));
        propagate(...parts);
      };
      crew.do(memory, watched, rows * perRow, ...given);
      expect(out, `call ${call}`).to.deep.equal(expected[Math.floor(call / 3) % 2]);
      if (inside > 0) helped++;
    }
    await crew.dismiss();
    expect(helped).to.equal(5);
  });

  it('starts no threads for small products', async () => {
    const crew = new PropagationCrew(2);
    const { memory, propagate, given, out, alone } = problemOf(3);
    const expected = alone();
    for (let call = 0; call < 40; call++) {
      out.fill(0);
      crew.do(memory, propagate, 1000, ...given);
    }
    expect(out).to.deep.equal(expected);
    expect((crew as unknown as { workers: unknown[] }).workers).to.have.length(0);
    await crew.dismiss();
  });
});
