import { expect } from 'chai';
import { chainOn } from '../../src/builtin/infomap-chain.js';
import { rowsOfEdges } from '../../src/builtin/infomap-network.js';
import { stableInfomap } from '../../src/builtin/infomap-sweep.js';
import { samePartition } from '../../src/data/labels.js';
import { scoreRange, stabilitySearch } from '../../src/graph/stability.js';
import { nearOrder } from '../../src/graph/near-order.js';
import { tinyFaces } from '../../src/testing/tiny-faces.js';

describe('infomap sweep', () => {
  // so many links that a second thread takes part
  const { edges } = tinyFaces({ sizes: new Array<number>(160).fill(20), k: 60, dim: 24, noise: 0.6 });
  const links = { ...edges, scores: edges.similarities };
  const numbers = nearOrder(links);
  const rows = rowsOfEdges(links, links.scores, 'max', numbers);
  const sweep = { rows, weight: 'excess', seed: 1 } as const;

  it('finds the same with one thread and with two', async () => {
    const one = await stableInfomap(links.scores, { ...sweep, threads: 1 });
    const two = await stableInfomap(links.scores, { ...sweep, threads: 2 });
    expect(rows.targets.length).to.be.at.least(200_000);
    expect(two).to.deep.equal(one);
    expect(one.curve.length).to.be.greaterThan(20);
  });

  it('begins each chain where its last threshold ended, and takes them in turns', async () => {
    const search = stabilitySearch(rows.n, ...scoreRange(links.scores), { nested: 'nearly', scores: links.scores });
    const own = [chainOn(sweep), chainOn(sweep)];
    let step = search.next();
    for (let at = 0; step.done !== true; at++) step = search.next(own[at % 2](step.value));
    expect(await stableInfomap(links.scores, { ...sweep, threads: 2 })).to.deep.equal(step.value);
  });

  it('gives back the numbers of the nodes: in another order the same modules', () => {
    const plain = rowsOfEdges(links, links.scores, 'max');
    const modules = chainOn(sweep)(0.6);
    const other = chainOn({ ...sweep, rows: plain })(0.6);
    expect(
      samePartition(
        numbers.map((number) => modules[number]),
        other,
      ),
    ).to.equal(true);
    expect(new Set(other).size).to.be.within(150, 165);
  });

  it('stops its thread when it is told to', async () => {
    const enough = new Error('enough');
    let failure: unknown;
    const onPoint = (): void => {
      throw enough;
    };
    await stableInfomap(links.scores, { ...sweep, threads: 2, onPoint }).catch((error: unknown) => (failure = error));
    expect(failure).to.equal(enough);
  });
});
