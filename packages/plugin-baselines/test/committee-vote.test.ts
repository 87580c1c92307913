import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { allocateKnnGraph, propagation, readNpz, toLabels, writeFeatures, type KnnGraph } from '@l2c/core';
import { describeStage, expectLabels, testServices, tinyFaces, toEdgeProposals } from '@l2c/core/testing';
import { expect } from 'chai';
import { committeeVote, committeeVoteStage, rejected } from '../src/committee-vote.js';
import { graphFrom } from './golden-committee.js';
import { linksOf } from './golden-faces.js';

const folder = mkdtempSync(join(tmpdir(), 'l2c-committee-'));
const file = join(folder, 'other.npy');
await writeFeatures(file, tinyFaces({ noise: 0.5 }).features);

describe('committee-vote', () => {
  after(() => rmSync(folder, { recursive: true, force: true }));
  describeStage(committeeVoteStage, [
    { options: { committee: [file], k: 4 } },
    { options: { committee: [file, file], k: 4, votes: 2 } },
  ]);

  const edges = toEdgeProposals(3, [
    [0, 1, 0.9],
    [0, 2, 0.8],
    [1, 0, 0.9],
  ]);
  const listing = (lists: number[][]): KnnGraph => {
    const graph = allocateKnnGraph(3, 1);
    lists.forEach(([id], i) => (graph.ids[i] = id ?? -1));
    return graph;
  };

  it('counts the members that list a link as it points', () => {
    const committee = [listing([[1], [2], [0]]), listing([[1], [0], []])];
    const f = Math.fround;
    const votes = (least: number) => [...committeeVote(edges, edges.similarities, committee, least)];
    expect(votes(0)).to.deep.equal([f(0.9), f(0.8), f(0.9)]);
    expect(votes(1)).to.deep.equal([f(0.9), rejected, f(0.9)]);
    expect(votes(2)).to.deep.equal([f(0.9), rejected, rejected]);
  });

  it('refuses files of other instances, too many votes and too many neighbours before a run', async () => {
    const { n, dim } = tinyFaces().features;
    const filled = { committee: [file], dim: 0, k: 4, votes: 1 };
    const facts = async (options: object, rows = n): Promise<string[]> =>
      (await committeeVoteStage.check({ ...filled, ...options }, { n: rows, dim })).map(
        ({ option, fact }) => `${option}: ${fact}`,
      );
    expect(await facts({})).to.deep.equal([]);
    expect(await facts({}, n + 1)).to.deep.equal([
      `committee.0: holds ${n} instances, the file of features has ${n + 1}`,
    ]);
    expect(await facts({ votes: 2 })).to.deep.equal(['votes: 2 votes of a committee of 1']);
    expect(await facts({ k: n })).to.deep.equal([`k: ${n} neighbours of ${n} instances`]);
  });

  it('records how many links are accepted', async () => {
    const recorded: Record<string, unknown> = {};
    const { edges, features } = tinyFaces();
    const services = testServices({ record: (name, fact) => (recorded[name] = fact) });
    const stage = committeeVoteStage.create({ committee: [file], dim: 0, k: 4, votes: 1 }, services);
    const { proposals } = await stage.score(edges, { features }, { proposals: edges.similarities });
    expect(recorded['accepted']).to.equal(proposals.filter((score) => score !== rejected).length);
  });

  describe('with propagation it splits as the reference does on', () => {
    const runs = [
      { tag: 'single', k: 15, votes: 0, threshold: 0.66, maxSize: 600, step: 0.05 },
      { tag: 'single_th0.5_max40', k: 15, votes: 0, threshold: 0.5, maxSize: 40, step: 0.05 },
      { tag: 'single_k30', k: 30, votes: 0, threshold: 0.6, maxSize: 100, step: 0.1 },
      { tag: 'vote2of3', k: 15, votes: 2, threshold: 0.6, maxSize: 300, step: 0.05 },
      { tag: 'vote3of3', k: 15, votes: 3, threshold: 0.5, maxSize: 300, step: 0.05 },
    ];
    for (const { tag, k, votes, threshold, maxSize, step } of runs) {
      it(tag, async () => {
        const arrays = await readNpz(fileURLToPath(new URL('./golden/cdp/cdp.npz', import.meta.url)));
        const links = linksOf(graphFrom(arrays, 'base_k30', k));
        const committee = votes === 0 ? [] : [0, 1, 2].map((member) => graphFrom(arrays, `cmt${member}_k15`, 15));
        const scores = committeeVote(links, links.similarities, committee, votes);
        // The reference leaves out what scores just as much as its threshold.
        const above = threshold + 1e-7;
        const found = propagation(links, scores, { threshold: above, maxSize, step, maxIterations: 100, pool: 'none' });
        const reference = Int32Array.from(arrays.get(`${tag}_labels`)!.data as Int32Array);
        expectLabels(found.values, toLabels(reference).values);
      });
    }
  });
});
