import { expect } from 'chai';
import { csrFromPairs, type Csr } from '../../../src/graph/csr.js';
import { aggregateFlow } from '../../../src/graph/infomap/aggregate-flow.js';
import { fallingRows } from '../../../src/graph/falling-rows.js';
import { directedFlow, flowAlong, undirectedFlow, type FlowNetwork } from '../../../src/graph/infomap/flow-network.js';
import { infomap } from '../../../src/graph/infomap/infomap.js';
import { codeLength, ModuleState, nodeLogOf } from '../../../src/graph/infomap/map-equation.js';
import { undirectedPairs } from '../../../src/graph/undirected-pairs.js';
import { createRandom } from '../../../src/stages/random.js';
import { samePartition } from '../../../src/data/labels.js';
import { goldenJson } from '../../golden.js';

type Link = readonly [number, number, number];

function links(n: number, list: readonly Link[]): { csr: Csr; weights: Float64Array } {
  const csr = csrFromPairs(
    n,
    list.map(([i]) => i),
    list.map(([, j]) => j),
  );
  return { csr, weights: Float64Array.from(csr.origins, (origin) => list[origin][2]) };
}

function undirected(n: number, list: readonly Link[]): FlowNetwork {
  const { csr, weights } = links(n, list);
  const rows = fallingRows(undirectedPairs(csr, Float32Array.from(weights), 'max'));
  return undirectedFlow({ ...rows, weights: rows.scores });
}

function directed(n: number, list: readonly Link[]): FlowNetwork {
  const { csr, weights } = links(n, list);
  return directedFlow(csr, weights);
}

const find = (network: FlowNetwork, seed = 0) => infomap(network, { random: createRandom(seed) });

/** Two triangles and one link between them. */
const triangles: readonly Link[] = [
  [0, 1, 1],
  [1, 2, 1],
  [0, 2, 1],
  [3, 4, 1],
  [4, 5, 1],
  [3, 5, 1],
  [2, 3, 1],
];

/** A chain of rings of four nodes walked in one direction, each ring entered from the one before it. */
const rings: readonly Link[] = [0, 4, 8].flatMap((first): Link[] => [
  ...[0, 1, 2, 3].map((i): Link => [first + i, first + ((i + 1) % 4), 1]),
  [first + 1, (first + 4) % 12, 0.1],
]);

describe('infomap', () => {
  it('computes the code length of two triangles as on paper', () => {
    // 7 links, so a step takes each direction of one with rate 1/14; both modules are left and entered at 1/14.
    const network = undirected(6, triangles);
    const plogp = (p: number): number => p * Math.log2(p);
    const nodes = 4 * plogp(2 / 14) + 2 * plogp(3 / 14);
    const two = plogp(2 / 14) - 4 * plogp(1 / 14) - nodes + 2 * plogp(8 / 14);
    expect(codeLength(network, Int32Array.of(0, 0, 0, 1, 1, 1))).to.be.closeTo(two, 1e-12);
    expect(codeLength(network, new Int32Array(6))).to.be.closeTo(-nodes, 1e-12);
    const found = find(network);
    expect([...found.modules]).to.deep.equal([0, 0, 0, 1, 1, 1]);
    expect(found.codeLength).to.be.closeTo(two, 1e-12);
  });

  it('follows the direction of links', () => {
    const network = directed(12, rings);
    expect([...find(network).modules]).to.deep.equal([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
    // Turned around, flow arrives where it left: the modules are the same, the walk is not.
    const turned = directed(
      12,
      rings.map(([i, j, weight]): Link => [j, i, weight]),
    );
    expect(find(turned).count).to.equal(3);
    expect(turned.visits[0]).to.not.be.closeTo(network.visits[0], 1e-6);
  });

  it('visits nodes as the definition of unrecorded teleportation to links says', () => {
    const network = directed(4, [
      [0, 1, 1],
      [1, 2, 1],
      [2, 0, 1],
      [0, 2, 3],
    ]);
    // Node 3 has no link: nobody jumps or walks there.
    expect(network.visits[3]).to.equal(0);
    // Jumps go to starts of links, 4/6 to node 0 and 1/6 each to nodes 1 and 2.
    let p = [0.5, 0.2, 0.3];
    for (let i = 0; i < 500; i++) {
      p = [0.85 * p[2] + (0.15 * 4) / 6, (0.85 * p[0]) / 4 + 0.15 / 6, 0.85 * (p[1] + (3 * p[0]) / 4) + 0.15 / 6];
    }
    // Counted are steps along links alone, and all of them sum to 1.
    expect(network.visits[0]).to.be.closeTo(p[2], 1e-9);
    expect(network.visits[1]).to.be.closeTo(p[0] / 4, 1e-9);
    expect(network.visits[2]).to.be.closeTo(p[1] + (3 * p[0]) / 4, 1e-9);
  });

  it('takes for settled only what no move of its own makes the code shorter for', () => {
    const random = createRandom(9);
    let settled = 0;
    for (let trial = 0; trial < 200; trial++) {
      const list = Array.from({ length: 14 }, (): Link => [random.integer(9), random.integer(9), random.next() + 0.01]);
      const base = undirected(
        9,
        list.filter(([i, j]) => i !== j),
      );
      // of whole modules, too, which have flow within themselves
      const network = trial % 2 === 0 ? base : aggregateFlow(base, Int32Array.of(0, 1, 2, 3, 4, 4, 5, 5, 5), 6);
      const modules = Int32Array.from({ length: network.n }, () => random.integer(3));
      const state = new ModuleState(network, modules, 0);
      for (let i = 0; i < network.n; i++) {
        if (state.settled[i] === 0) continue;
        settled++;
        const alone = modules.slice();
        alone[i] = network.n - 1;
        const change = codeLength(network, alone) - codeLength(network, modules);
        expect(change).to.be.at.least(2 * network.visits[i] - 1e-12);
      }
    }
    expect(settled).to.be.greaterThan(100);
  });

  it('keeps the code length right through any moves', () => {
    const random = createRandom(5);
    for (const network of [undirected(6, triangles), directed(12, rings)]) {
      const { n, out, in: into } = network;
      const state = new ModuleState(
        network,
        Int32Array.from({ length: n }, (_, i) => i),
        nodeLogOf(network),
      );
      const flow = (side: typeof out, i: number, module: number): number => {
        let sum = 0;
        for (let e = side.offsets[i]; e < side.ends[i]; e++) {
          if (state.modules[side.targets[e]] === module) sum += flowAlong(side, e);
        }
        return sum;
      };
      for (let move = 0; move < 100; move++) {
        const i = random.integer(n);
        const to = random.integer(n);
        const from = state.modules[i];
        if (from === to) continue;
        const flows = [flow(out, i, from), flow(into, i, from), flow(out, i, to), flow(into, i, to)] as const;
        state.leave(i, flows[0], flows[1]);
        const expected = state.codeLength + state.changeTo(i, to, flows[2], flows[3]);
        state.move(i, to, ...flows);
        expect(state.codeLength).to.be.closeTo(expected, 1e-12);
        expect(state.codeLength).to.be.closeTo(codeLength(network, state.modules), 1e-12);
      }
    }
  });

  it('finds what igraph finds, or shorter codes', async () => {
    const golden =
      await goldenJson<Record<string, { n: number; edges: Link[]; membership: number[] }>>('infomap/igraph.json');
    for (const [name, { n, edges, membership }] of Object.entries(golden)) {
      const network = undirected(n, edges);
      const trials = [0, 1, 2, 3, 4].map((seed) => find(network, seed));
      const best = trials.reduce((a, b) => (b.codeLength < a.codeLength ? b : a));
      expect(best.codeLength, name).to.be.closeTo(codeLength(network, best.modules), 1e-9);
      expect(best.codeLength / codeLength(network, Int32Array.from(membership)), name).to.be.at.most(1.002);
      if (name === 'sbm1') expect(samePartition(best.modules, membership)).to.equal(true);
    }
  });

  it('leaves nodes without links alone, and takes no network for one module at most', () => {
    expect([...find(undirected(4, [[1, 2, 1]])).modules]).to.deep.equal([0, 1, 1, 2]);
    expect(find(undirected(0, [])).count).to.equal(0);
    expect([...find(undirected(3, [])).modules]).to.deep.equal([0, 1, 2]);
    const complete = [0, 1, 2, 3, 4].flatMap((i) => [0, 1, 2, 3, 4].filter((j) => j > i).map((j): Link => [i, j, 1]));
    expect(find(undirected(5, complete)).count).to.equal(1);
  });

  it('begins where it is told to, and leaves that alone', () => {
    const network = undirected(6, triangles);
    for (const start of [
      [0, 0, 0, 0, 0, 0],
      [5, 4, 3, 2, 1, 0],
      [3, 3, 1, 1, 1, 1],
    ].map((list) => Int32Array.from(list))) {
      const given = start.slice();
      const found = infomap(network, { random: createRandom(1), start });
      expect([...found.modules]).to.deep.equal([0, 0, 0, 1, 1, 1]);
      expect(found.codeLength).to.be.closeTo(codeLength(network, found.modules), 1e-12);
      expect(start).to.deep.equal(given);
    }
  });

  it('moves what may move, and joins no two modules that are held', () => {
    const network = undirected(6, triangles);
    const start = Int32Array.of(0, 0, 0, 3, 4, 5);
    const movable = Uint8Array.of(0, 0, 0, 1, 1, 1);
    const found = infomap(network, { random: createRandom(1), start, movable });
    expect([...found.modules]).to.deep.equal([0, 0, 0, 1, 1, 1]);
    // a triangle torn in two that are both held, and a node that belongs to either
    const torn = infomap(network, { random: createRandom(1), start: Int32Array.of(0, 1, 2, 3, 3, 3), movable });
    expect(torn.modules[0]).to.not.equal(torn.modules[1]);
    expect(infomap(network, { random: createRandom(1), start, movable: new Uint8Array(6) }).count).to.equal(4);
    const complete = [0, 1, 2, 3].flatMap((i) => [0, 1, 2, 3].filter((j) => j > i).map((j): Link => [i, j, 1]));
    const held = Uint8Array.of(0, 1, 1, 0);
    const two = infomap(undirected(4, complete), {
      random: createRandom(1),
      start: Int32Array.of(0, 1, 2, 3),
      movable: held,
    });
    expect(two.modules[0]).to.not.equal(two.modules[3]);
  });

  it('gives the same for a seed', () => {
    const network = directed(12, rings);
    expect(find(network, 3)).to.deep.equal(find(network, 3));
  });
});
