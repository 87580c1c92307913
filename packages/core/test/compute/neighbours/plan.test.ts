import { expect } from 'chai';
import { topkBytes } from '../../../src/compute/kernels/topk.js';
import { addressableBytes } from '../../../src/compute/kernels/memory.js';
import { layOutJob } from '../../../src/compute/neighbours/job.js';
import { orderOfWork, planSearch } from '../../../src/compute/neighbours/plan.js';

describe('plan of an exact search', () => {
  it('covers all instances with blocks, and holds more entries than k', () => {
    for (const [n, k] of [
      [2, 1],
      [17, 16],
      [512, 80],
      [513, 80],
      [20000, 79],
      [5_210_000, 79],
    ] as const) {
      const plan = planSearch(n, k);
      expect(plan.blocks * plan.blockRows).to.be.least(n);
      expect((plan.blocks - 1) * plan.blockRows).to.be.below(n);
      expect(plan.capacity).to.be.above(k);
      expect(plan.shardBlocks).to.be.within(1, plan.blocks);
    }
  });

  it('searches in shards where the state of all rows can not be addressed', () => {
    for (const [n, k] of [
      [5_210_000, 79],
      [1_000_000, 1000],
      [60_000_000, 10],
    ] as const) {
      const plan = planSearch(n, k);
      expect(plan.shardBlocks).to.be.below(plan.blocks);
      const { bytes } = layOutJob(plan, 64);
      expect(bytes, `n ${n}, k ${k}`).to.be.most(addressableBytes);
      // and wastes none: half of the memory is in use
      expect(plan.shardBlocks * plan.blockRows * topkBytes(plan.capacity)).to.be.above(addressableBytes / 2 - 8 * n);
    }
  });

  it('looks at a sample first where that pays, which it does for many instances and larger k', () => {
    expect(planSearch(20000, 79).sampleBlocks).to.be.above(1);
    expect(planSearch(1000, 79).sampleBlocks).to.equal(0);
    expect(planSearch(20000, 1).sampleBlocks).to.equal(0);
    expect(planSearch(20000, 79, { sample: false }).sampleBlocks).to.equal(0);
  });

  it('orders every instance once: an even sample, then the others as they stand', () => {
    for (const [n, limits] of [
      [1000, { blockRows: 16, sample: true }],
      [20000, {}],
      [4097, { blockRows: 512, sample: true }],
      [300, {}],
    ] as const) {
      const plan = planSearch(n, 40, limits);
      const order = new Int32Array(n);
      orderOfWork(plan, order);
      expect([...order].sort((a, b) => a - b)).to.deep.equal(Array.from({ length: n }, (_, i) => i));
      const size = plan.sampleBlocks * plan.blockRows;
      const step = n / size;
      for (let i = 0; i < size; i++) {
        expect(order[i]).to.be.within(Math.floor(i * step), Math.ceil((i + 1) * step) - 1);
      }
      for (let i = size + 1; i < n; i++) expect(order[i]).to.be.above(order[i - 1]);
    }
  });

  it('refuses blocks that the scan can not number', () => {
    expect(() => planSearch(100_000, 5, { blockRows: 65_536 })).to.throw(RangeError, '65536');
  });
});
