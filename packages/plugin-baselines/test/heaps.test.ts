import { createRandom } from '@l2c/core';
import { expect } from 'chai';
import { ClusterHeap } from '../src/cluster-heap.js';
import { PairHeap } from '../src/pair-heap.js';

describe('heaps', () => {
  it('of clusters give the lowest key while keys change and names go', () => {
    const random = createRandom(1);
    const n = 60;
    const keys = Float64Array.from({ length: n }, () => random.integer(20));
    const alive = new Set(keys.keys());
    const heap = new ClusterHeap(keys);
    while (alive.size > 1) {
      const lowest = [...alive].reduce((a, b) => (keys[b] < keys[a] || (keys[b] === keys[a] && b < a) ? b : a));
      expect(heap.top).to.equal(lowest);
      const name = [...alive][random.integer(alive.size)];
      if (random.next() < 0.3) {
        heap.remove(name);
        alive.delete(name);
        expect(heap.size).to.equal(alive.size);
      } else heap.update(name, random.integer(20));
    }
  });

  it('of pairs give them by distance, then first, then second, however many', () => {
    const random = createRandom(2);
    const heap = new PairHeap(1);
    const pairs = Array.from({ length: 500 }, () => [random.integer(9), random.integer(9), random.integer(9)] as const);
    for (const [first, second, distance] of pairs) heap.push(first, second, distance);
    const sorted = [...pairs].sort((a, b) => a[2] - b[2] || a[0] - b[0] || a[1] - b[1]);
    for (const pair of sorted) {
      expect([heap.first, heap.second, heap.distance]).to.deep.equal(pair);
      heap.pop();
    }
    expect(heap.size).to.equal(0);
  });
});
