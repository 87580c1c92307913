import { expect } from 'chai';
import { cosine, cosineStage } from '../../src/builtin/cosine.js';
import { Features } from '../../src/data/features.js';
import { createRandom } from '../../src/stages/random.js';
import { testServices } from '../../src/testing/test-services.js';
import { tinyFaces, toClusterProposals } from '../../src/testing/tiny-faces.js';

describe('cosine', () => {
  const square = Features.from([1, 0, 0, 1, -1, 0, 0, 0], 2);

  it('scores a link by its similarity, without a copy', () => {
    const { edges, features } = tinyFaces();
    expect(cosine(edges, features)).to.equal(edges.similarities);
  });

  it('scores a set by the mean cosine of its pairs', () => {
    const sets = toClusterProposals(4, [[0, 1], [0, 2], [0, 1, 2], [0, 0 + 1, 3]]); // prettier-ignore
    const scores = cosine(sets, square);
    expect(scores[0]).to.equal(0);
    expect(scores[1]).to.equal(-1);
    expect(scores[2]).to.be.closeTo(-1 / 3, 1e-7);
    expect(scores[3]).to.equal(0);
  });

  it('scores sets of one, and empty ones, 0', () => {
    expect([...cosine(toClusterProposals(4, [[1], []]), square)]).to.deep.equal([0, 0]);
  });

  it('equals the double sum over pairs, whatever the lengths of the rows', () => {
    const random = createRandom(2);
    const features = Features.from(
      Float32Array.from({ length: 30 * 8 }, () => 3 * random.normal()),
      8,
    );
    const set = [...random.shuffle(Int32Array.from({ length: 30 }, (_, i) => i)).subarray(0, 12)];
    let sum = 0;
    for (const i of set) {
      for (const j of set) {
        if (i !== j) sum += features.dot(i, j) / Math.sqrt(features.dot(i, i) * features.dot(j, j));
      }
    }
    expect(cosine(toClusterProposals(30, [set]), features)[0]).to.be.closeTo(sum / (12 * 11), 1e-6);
  });

  it('ranks the identities of tiny faces above mixtures of two', () => {
    const { clusters, identities, features } = tinyFaces();
    const mixed = cosine(clusters, features)[clusters.offsets.length - 2];
    const pure = cosine(identities, features).subarray(0, 4);
    expect(Math.min(...pure)).to.be.greaterThan(mixed);
  });

  it('keeps what scorers before it found', async () => {
    const { edges, features, confidence } = tinyFaces();
    const previous = { proposals: new Float32Array(edges.targets.length), vertices: confidence };
    const scores = await cosineStage.create({}, testServices()).score(edges, { features }, previous);
    expect(scores.vertices).to.equal(confidence);
    expect(scores.proposals).to.equal(edges.similarities);
  });
});
