import { Features, L2cError } from '@l2c/core';
import { describeStage, testServices, tinyFaces } from '@l2c/core/testing';
import { expect } from 'chai';
import { radiusEdgesStage } from '../src/radius-edges.js';
import { radiusLinks } from '../src/radius-links.js';
import { firstRows, goldenFaces } from './golden-faces.js';

describe('radius-edges', () => {
  describeStage(radiusEdgesStage, [{}, { options: { maxDistance: 0.8 } }, { options: { maxDistance: 2 } }]);

  it('finds exactly the pairs within the distance, each both ways, over several blocks', async () => {
    const features = firstRows(await goldenFaces(), 1100);
    const edges = await radiusLinks(features, 0.6, testServices());
    let links = 0;
    for (let i = 0; i < features.n; i++) {
      const row = edges.targets.subarray(edges.offsets[i], edges.offsets[i + 1]);
      const known = new Set(row);
      expect(known.size).to.equal(row.length);
      for (let j = 0; j < features.n; j++) {
        const distance = 1 - features.dot(i, j);
        if (j === i || Math.abs(distance - 0.6) < 1e-6) continue;
        if (known.has(j) !== distance < 0.6) expect.fail(`${i} and ${j} at ${distance}`);
      }
      links += row.length;
    }
    expect(links).to.equal(edges.offsets[features.n]).and.to.be.above(features.n);
  });

  it('orders rows best first, equal similarities by the lower id', async () => {
    const features = Features.from([1, 0, 1, 0, 0, 1, 1, 0, 0.6, 0.8], 2);
    const { offsets, targets, similarities } = await radiusLinks(features, 1, testServices());
    expect([...offsets]).to.deep.equal([0, 4, 8, 12, 16, 20]);
    expect([...targets]).to.deep.equal([1, 3, 4, 2, 0, 3, 4, 2, 4, 0, 1, 3, 0, 1, 4, 2, 2, 0, 1, 3]);
    expect([...similarities.subarray(0, 4)]).to.deep.equal([1, 1, Math.fround(0.6), 0]);
  });

  it('orders negative similarities too', async () => {
    const features = Features.from([1, 0, -1, 0, -0.6, 0.8, 0.6, 0.8], 2);
    const { targets } = await radiusLinks(features, 2, testServices());
    expect([...targets.subarray(0, 3)]).to.deep.equal([3, 2, 1]);
  });

  it('refuses links that outgrow the memory, with a forecast', async () => {
    const { features } = tinyFaces();
    const error = await radiusLinks(features, 2, testServices(), 1000).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(L2cError).with.property('code', 'E_MEMORY');
    expect((error as L2cError).message).to.match(/radius-edges\.maxDistance.*about .* in all.*; lower maxDistance/);
  });

  it('stops when told to, and reports how far it is', async () => {
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    const { features } = tinyFaces();
    const aborted = radiusLinks(features, 1, testServices({ signal: stop.signal })).catch((reason: unknown) => reason);
    expect(await aborted).to.have.property('message', 'enough');
    const seen: number[] = [];
    await radiusLinks(features, 1, testServices({ progress: { update: (done, total) => seen.push(done / total) } }));
    expect(seen.at(-1)).to.equal(1);
  });
});
