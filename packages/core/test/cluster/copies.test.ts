import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { clusterFaces, type ClusteredFaces } from '../../src/cluster/cluster-faces.js';
import { Features, normalise, selectRows } from '../../src/data/features.js';
import { samePartition } from '../../src/data/labels.js';
import { writeFeatures } from '../../src/formats/features-file.js';
import { readMeta } from '../../src/formats/meta.js';
import { clusterText } from '../../src/report/cluster-text.js';
import { createRandom } from '../../src/stages/random.js';
import { syntheticFaces } from '../../src/synth/synthetic-faces.js';
import { quietRun } from '../pipeline/sandbox.js';

const { features, labels: people } = syntheticFaces({ n: 600, dim: 64, difficulty: 0.3, seed: 3 });
const order = [...people.keys()].sort((a, b) => people[a] - people[b]);
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
/** In the order of people. */
const faces = selectRows(features, order);

describe('copies of faces', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'l2c-twice-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function cluster(given: Features): Promise<{ found: ClusteredFaces; labels: Int32Array }> {
    const file = join(folder, 'faces.npy');
    await writeFeatures(file, given);
    const { log, observer, signal } = quietRun();
    const found = await clusterFaces(file, { log, observer, signal });
    return { found, labels: await readMeta(found.files.labels) };
  }

  it('lie with their originals, and leave the threshold and the other faces alone', async () => {
    const once = await cluster(faces);
    expect(once.found.copies).to.equal(undefined);
    expect(clusterText(once.found)).not.to.include('copies');
    const twice = await cluster(selectRows(faces, [...range(0, 600), ...range(0, 600)]));
    expect(twice.found.threshold!.chosen).to.equal(once.found.threshold!.chosen);
    expect(samePartition(twice.labels.subarray(0, 600), once.labels)).to.equal(true);
    expect([...twice.labels.subarray(600)]).to.deep.equal([...twice.labels.subarray(0, 600)]);
    expect(twice.found.copies).to.deep.equal({ count: 600, example: [0, 600] });
    expect(clusterText(twice.found)).to.include('600 faces are copies of others, such as row 600 of row 0');
  });

  it('are a reason to estimate nothing where they are many, and the only doubt then', async () => {
    const many = await cluster(selectRows(faces, [...range(0, 600), ...range(0, 67)]));
    expect(many.found.quality).to.equal(undefined);
    expect(many.found.doubts).to.deep.equal([
      'no estimate, as 10 % of the faces are copies of others: leave them out of the file to have one',
    ]);
    const few = await cluster(selectRows(faces, [...range(0, 600), ...range(0, 60)]));
    expect(few.found.doubts).to.deep.equal([]);
    expect(few.found.quality!.bcubed.precision.value).within(0.5, 1);
    expect(few.found.copies!.count).to.equal(60);
  });

  it('do not hide that strangers alone are there', async () => {
    const random = createRandom(7);
    const strangers = normalise(Features.from(Array.from({ length: 100 * 32 }, () => random.normal()), 32)); // prettier-ignore
    const once = (await cluster(strangers)).found.doubts;
    expect(once).not.to.deep.equal([]);
    const twice = (await cluster(selectRows(strangers, [...range(0, 100), ...range(0, 100)]))).found.doubts;
    expect(twice.filter((doubt) => !doubt.startsWith('no estimate'))).to.deep.equal(once);
  });
});
