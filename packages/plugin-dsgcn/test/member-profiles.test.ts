import { vertexProfileColumns, linkProfileColumns, SimilarityProfiles } from '@l2c/core';
import { tinyFaces, toClusterProposals } from '@l2c/core/testing';
import { expect } from 'chai';
import { ClusterGraphs } from '../src/cluster-graphs.js';
import { memberProfileColumns, MemberProfiles, seededProfileColumns } from '../src/member-profiles.js';

describe('member profiles', () => {
  const { n, knn, truth } = tinyFaces({ sizes: [14, 9, 5, 2, 1], k: 12, noise: 0.6, seed: 4 });
  const whole = Array.from({ length: n }, (_, i) => i).filter((i) => truth[i] === truth[0]);
  const sets = toClusterProposals(n, [whole, [0, 3, 20], [n - 1]]);
  const batch = new ClusterGraphs(sets, knn, true).batch(Int32Array.of(0, 1, 2));
  const neighbours = (i: number): number[] => [...knn.ids.subarray(i * knn.k, (i + 1) * knn.k)];
  const similarity = (i: number, j: number): number => knn.similarities[i * knn.k + neighbours(i).indexOf(j)];

  it('of a member are its own and how it belongs, as counted one by one', () => {
    const rows = new MemberProfiles(knn).rows(batch);
    const vertices = new SimilarityProfiles(knn).vertices();
    expect(rows.dim).to.equal(memberProfileColumns);
    batch.members.forEach((i, r) => {
      const graph = batch.graph.graphs.findLastIndex((start) => start <= r);
      const others = new Set(batch.members.subarray(batch.graph.graphs[graph], batch.graph.graphs[graph + 1]));
      const share = (first: number): number => {
        const list = neighbours(i).slice(0, first);
        return list.filter((j) => others.has(j)).length / list.length;
      };
      const within = neighbours(i).filter((j) => others.has(j));
      const without = neighbours(i).filter((j) => !others.has(j));
      const lists = Array.from({ length: n }, (_, j) => j).filter((j) => neighbours(j).includes(i));
      const nearest = (of: number[]): number => (of.length === 0 ? -1 : similarity(i, of[0]));
      const wanted = [
        Math.log2(others.size),
        share(8),
        share(20),
        share(64),
        others.size === 1 ? 1 : within.length / Math.min(others.size - 1, knn.k),
        within.length === 0 ? 0 : within.reduce((sum, j) => sum + similarity(i, j), 0) / within.length,
        nearest(without),
        nearest(within) - nearest(without),
        lists.length === 0 ? 0 : lists.filter((j) => others.has(j)).length / lists.length,
      ];
      expect([...rows.row(r).subarray(0, vertexProfileColumns)]).to.deep.equal([...vertices.row(i)]);
      wanted.forEach((value, c) => expect(rows.row(r)[vertexProfileColumns + c], `column ${c}`).closeTo(value, 1e-6));
    });
  });

  it('with a seed have the profile of the link from it', () => {
    const seeds = Int32Array.of(2, 1, 0);
    const rows = new MemberProfiles(knn).rows(batch, seeds);
    expect(rows.dim).to.equal(seededProfileColumns);
    const profiles = new SimilarityProfiles(knn);
    batch.members.forEach((i, r) => {
      const graph = batch.graph.graphs.findLastIndex((start) => start <= r);
      const seed = batch.members[batch.graph.graphs[graph] + seeds[graph]];
      const link = profiles.links(Int32Array.of(seed), Int32Array.of(i));
      expect(link.length).to.equal(linkProfileColumns);
      expect([...rows.row(r).subarray(memberProfileColumns)]).to.deep.equal([...link]);
    });
  });

  it('do not depend on what else is in the batch', () => {
    const profiles = new MemberProfiles(knn);
    const together = profiles.rows(batch);
    const alone = profiles.rows(new ClusterGraphs(sets, knn, true).batch(Int32Array.of(1)));
    for (let r = 0; r < 3; r++) expect([...alone.row(r)]).to.deep.equal([...together.row(whole.length + r)]);
  });
});
