import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { bcubed } from '../../src/builtin/bcubed.js';
import { assignFaces } from '../../src/cluster/assign-faces.js';
import { clusterFaces, type ClusteredFaces } from '../../src/cluster/cluster-faces.js';
import type { QualityEstimate } from '../../src/cluster/quality-estimate.js';
import { updateFaces } from '../../src/cluster/update-faces.js';
import { selectRows, type Features } from '../../src/data/features.js';
import { samePartition } from '../../src/data/labels.js';
import { writeFeatures } from '../../src/formats/features-file.js';
import { readMeta } from '../../src/formats/meta.js';
import { clusterText } from '../../src/report/cluster-text.js';
import { updateText } from '../../src/report/grown-text.js';
import { syntheticFaces } from '../../src/synth/synthetic-faces.js';
import { quietRun } from '../pipeline/sandbox.js';

describe('an estimate of quality that is kept', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'l2c-estimate-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const { features, labels: truth } = syntheticFaces({ n: 500, dim: 64, difficulty: 0.4, seed: 3 });
  const { log, observer, signal } = quietRun();
  const rows = (from: number, to: number): Features =>
    selectRows(
      features,
      Int32Array.from({ length: to - from }, (_, i) => from + i),
    );

  async function cluster(name: string, faces: Features, settings: string[] = []): Promise<ClusteredFaces> {
    const file = join(folder, `${name}.npy`);
    await writeFeatures(file, faces);
    return clusterFaces(file, { log, observer, signal, settings, output: join(folder, name) });
  }

  async function assign(name: string, faces: Features): Promise<void> {
    const file = join(folder, 'new.npy');
    await writeFeatures(file, faces);
    await assignFaces(join(folder, name), file, { log, observer, signal });
  }

  const update = (name: string): ReturnType<typeof updateFaces> =>
    updateFaces(join(folder, name), { log, observer, signal });

  const recorded = (name: string): { metrics: unknown; estimateWithoutLabels: QualityEstimate | null } =>
    JSON.parse(readFileSync(join(folder, name, 'clusters/metrics.json'), 'utf8')) as ReturnType<typeof recorded>;

  it('lies in metrics.json, beside what would be measured by labels', async () => {
    const { quality } = await cluster('all', features);
    const { metrics, estimateWithoutLabels } = recorded('all');
    expect(metrics).to.equal(null);
    expect(estimateWithoutLabels).to.deep.equal(quality);
    expect(estimateWithoutLabels!.bcubed.precision.value).within(0.8, 1);
  });

  it('is null there where a threshold was given, also after an update', async () => {
    const { quality } = await cluster('given', rows(0, 300), ['deoverlapper.threshold=0.5']);
    expect(quality).to.equal(undefined);
    expect(recorded('given')).to.include({ metrics: null, estimateWithoutLabels: null });
    await assign('given', rows(300, 320));
    expect((await update('given')).quality).to.equal(undefined);
    expect(recorded('given').estimateWithoutLabels).to.equal(null);
  });

  it('goes as faces are assigned, and is made anew by an update, as clustering all at once makes it', async () => {
    await cluster('grown', rows(0, 350));
    expect(recorded('grown').estimateWithoutLabels).not.to.equal(null);
    await assign('grown', rows(350, 500));
    expect(recorded('grown')).to.include({ metrics: null, estimateWithoutLabels: null });

    const updated = await update('grown');
    const { quality } = updated;
    expect(recorded('grown').estimateWithoutLabels).to.deep.equal(quality);
    const { precision, recall } = bcubed(truth, await readMeta(updated.files.labels));
    expect(quality!.bcubed.precision.value).closeTo(precision, 0.03);
    expect(quality!.bcubed.recall.value).closeTo(recall, 0.03);

    const whole = await cluster('whole', features);
    expect(samePartition(await readMeta(updated.files.labels), await readMeta(whole.files.labels))).to.equal(true);
    expect(quality!.pairwise.recall.value).closeTo(whole.quality!.pairwise.recall.value, 1e-9);
    expect(quality!.bcubed.precision.value).closeTo(whole.quality!.bcubed.precision.value, 1e-9);
    const line = clusterText(whole)
      .split('\n')
      .find((each) => each.startsWith('estimated without labels: '));
    expect(updateText(updated).split('\n')).to.include(line);
  });

  it('is none after an update that leaves many copies, which are then told', async () => {
    await cluster('twice', features);
    await assign('twice', features);
    const updated = await update('twice');
    expect(updated.quality).to.equal(undefined);
    expect(updateText(updated)).to.match(/\n500 faces are copies of others, such as row 500 of row 0;.*\ndoubtful: no estimate, as 50 % of the faces/); // prettier-ignore
    expect(recorded('twice').estimateWithoutLabels).to.equal(null);
  });
});
