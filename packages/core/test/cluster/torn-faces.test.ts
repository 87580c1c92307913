import { expect } from 'chai';
import { tornShare } from '../../src/cluster/torn-faces.js';
import { plainCompute } from '../../src/compute/plain.js';
import { exactNeighbours } from '../../src/compute/neighbours/exact-neighbours.js';
import { Features } from '../../src/data/features.js';

const services = { compute: plainCompute };

/** Unit vectors in the plane, at so many degrees. */
function at(...degrees: number[]): Features {
  return Features.from(
    degrees.flatMap((degree) => [Math.cos((degree * Math.PI) / 180), Math.sin((degree * Math.PI) / 180)]),
    2,
  );
}

describe('torn faces', () => {
  // seven faces of one person in parts of three and four, and a stranger
  const features = at(0, 1, 2, 5, 6, 7, 8, 120);
  const torn = Int32Array.of(0, 0, 0, 1, 1, 1, 1, 2);
  const whole = Int32Array.of(0, 0, 0, 0, 0, 0, 0, 1);
  const near = Math.cos((20 * Math.PI) / 180);

  it('are those whose list is full, and which the links behind it bind to other clusters more than all in it', async () => {
    const knn = await exactNeighbours(features, 2, services);
    expect(await tornShare({ features, knn, labels: torn, threshold: near }, services)).to.equal(7 / 8);
    expect(await tornShare({ features, knn, labels: whole, threshold: near }, services)).to.equal(0);
  });

  it('are none where lists end before the threshold, or hold everybody', async () => {
    const knn = await exactNeighbours(features, 7, services);
    expect(await tornShare({ features, knn, labels: torn, threshold: -1 }, services)).to.equal(0);
    const five = await exactNeighbours(features, 6, services);
    expect(await tornShare({ features, knn: five, labels: torn, threshold: 0.9999 }, services)).to.equal(0);
  });

  it('do not count strangers that reach the threshold, but weigh next to nothing', async () => {
    const faces = at(0, 1, 2, 3, 40, 41, 42, 43);
    const knn = await exactNeighbours(faces, 3, services);
    const labels = Int32Array.of(0, 0, 0, 0, 1, 1, 1, 1);
    const justReached = Math.cos((43.5 * Math.PI) / 180);
    expect(await tornShare({ features: faces, knn, labels, threshold: justReached }, services)).to.equal(0);
  });
});
