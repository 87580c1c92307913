import { expect } from 'chai';
import { inheritIds } from '../../src/cluster/inherit-ids.js';
import { regroup, type RegroupOptions } from '../../src/cluster/regroup.js';
import { csrFromPairs } from '../../src/graph/csr.js';
import { fallingRows } from '../../src/graph/falling-rows.js';
import { undirectedFlow, type FlowNetwork } from '../../src/graph/infomap/flow-network.js';
import { undirectedPairs } from '../../src/graph/undirected-pairs.js';
import { createRandom } from '../../src/stages/random.js';

type Link = readonly [number, number, number];

function networkOf(n: number, list: readonly Link[]): FlowNetwork {
  const csr = csrFromPairs(
    n,
    list.map(([i]) => i),
    list.map(([, j]) => j),
  );
  const weights = Float64Array.from(csr.origins, (origin) => list[origin][2]);
  const rows = fallingRows(undirectedPairs(csr, Float32Array.from(weights), 'max'));
  return undirectedFlow({ ...rows, weights: rows.scores });
}

/** All pairs of some nodes. */
const clique = (nodes: readonly number[], weight = 1): Link[] =>
  nodes.flatMap((i) => nodes.filter((j) => j > i).map((j): Link => [i, j, weight]));

function regrouped(n: number, links: readonly Link[], earlier: readonly number[], given: Partial<RegroupOptions> = {}) {
  return regroup(networkOf(n, links), Int32Array.from(earlier), {
    hold: 'clusters',
    changedFrom: earlier.length,
    alikeFrom: earlier.length,
    nextId: 100,
    random: createRandom(1),
    ...given,
  });
}

describe('regroup', () => {
  it('places new faces with earlier ones, with each other, and alone', () => {
    // 6 belongs to 0 .. 2, 7 and 8 to each other, 9 to nobody; ids are of any numbering
    const links = [...clique([0, 1, 2, 6]), ...clique([3, 4, 5]), [7, 8, 1] as Link];
    for (const hold of ['faces', 'clusters', 'nothing'] as const) {
      const { ids, nextId, moved, alike } = regrouped(10, links, [40, 40, 40, 7, 7, 7], { hold });
      expect([...ids]).to.deep.equal([40, 40, 40, 7, 7, 7, 40, 100, 100, 101]);
      expect({ nextId, moved, alike }).to.deep.equal({ nextId: 102, moved: 0, alike: [] });
    }
  });

  it('lets a single face join, and keeps its id for who joins it', () => {
    const links = [...clique([0, 1, 3]), [2, 4, 1] as Link, ...clique([5, 6, 7])];
    const { ids, moved } = regrouped(5 + 3, links, [5, 9, 3, 1, 8, 2, 2, 2], { changedFrom: 3 });
    expect([...ids]).to.deep.equal([1, 1, 3, 1, 3, 2, 2, 2]);
    expect(moved).to.equal(3);
    const { ids: joined } = regrouped(4, clique([0, 1, 2, 3]), [6, 6, 4], {});
    expect([...joined]).to.deep.equal([6, 6, 6, 6]);
    const { ids: kept } = regrouped(4, clique([0, 1, 2, 3]), [6, 6, 4], { hold: 'faces' });
    expect([...kept]).to.deep.equal([6, 6, 4, 6]);
  });

  it('says which clusters look like one, and joins them only when nothing holds', () => {
    const links = [...clique([0, 1, 2, 3, 4, 5]), ...clique([6, 7, 8])];
    const earlier = [1, 1, 2, 2, 1, 3, 3, 3, 3];
    const held = regrouped(9, links, [1, 1, 2, 2], { alikeFrom: 4 });
    expect(held.alike).to.deep.equal([[1, 2]]);
    expect(new Set([...held.ids.subarray(0, 4)])).to.deep.equal(new Set([1, 2]));
    const free = regrouped(9, links, earlier, { hold: 'nothing', changedFrom: 4, alikeFrom: 9 });
    expect([...free.ids]).to.deep.equal([1, 1, 1, 1, 1, 1, 3, 3, 3]);
    expect(free.moved).to.equal(3);
    expect(free.alike).to.deep.equal([]);
  });

  it('parts two people that a new face shows to be two', () => {
    const two = [...clique([0, 1, 2, 6]), ...clique([3, 4, 5, 7]), [2, 3, 0.05] as Link];
    const { ids, moved } = regrouped(8, two, [4, 4, 4, 4, 4, 4]);
    expect(ids[0]).to.not.equal(ids[3]);
    expect(ids.includes(4)).to.equal(true);
    expect(moved).to.equal(3);
    expect(regrouped(8, two, [4, 4, 4, 4, 4, 4], { hold: 'faces' }).moved).to.equal(0);
  });

  it('leaves clusters alone that no new face is linked to', () => {
    const links = [...clique([0, 1, 2]), ...clique([3, 4, 5]), [6, 7, 1] as Link];
    const wrong = [1, 1, 2, 2, 3, 3, 5];
    const { ids } = regrouped(8, links, wrong, { hold: 'nothing' });
    expect([...ids]).to.deep.equal([1, 1, 2, 2, 3, 3, 5, 5]);
  });
});

describe('inheritIds', () => {
  it('gives an id to the module with most of its faces, each once', () => {
    const modules = Int32Array.of(0, 0, 1, 1, 1, 2, 2, 3);
    const earlier = Int32Array.of(9, 9, 9, 9, 9, 5, 6);
    const { ids, nextId } = inheritIds(modules, 4, earlier, { nextId: 20 });
    expect([...ids]).to.deep.equal([20, 20, 9, 9, 9, 5, 5, 21]);
    expect(nextId).to.equal(22);
  });

  it('gives held faces their id first', () => {
    const modules = Int32Array.of(0, 1, 1, 1);
    const earlier = Int32Array.of(9, 9, 9, 9);
    const { ids } = inheritIds(modules, 2, earlier, { nextId: 10, held: Int32Array.of(0) });
    expect([...ids]).to.deep.equal([9, 10, 10, 10]);
  });
});
