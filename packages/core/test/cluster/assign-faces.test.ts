import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { assignFaces, type AssignedFaces, type AssignFacesOptions } from '../../src/cluster/assign-faces.js';
import { clusterFaces } from '../../src/cluster/cluster-faces.js';
import { updateFaces } from '../../src/cluster/update-faces.js';
import { Features, normalise, selectRows } from '../../src/data/features.js';
import { samePartition } from '../../src/data/labels.js';
import { explainPair } from '../../src/explain/explain-pair.js';
import { exportRun } from '../../src/export/export-run.js';
import { readRawFeatures, writeFeatures } from '../../src/formats/features-file.js';
import { readMeta, writeMeta } from '../../src/formats/meta.js';
import { runFiles } from '../../src/pipeline/run-files.js';
import { assignText, updateText } from '../../src/report/grown-text.js';
import { reportFile } from '../../src/report/html/report-file.js';
import { createRandom } from '../../src/stages/random.js';
import { refused } from '../formats/temporary.js';
import { quietRun } from '../pipeline/sandbox.js';

const bin = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
const dim = 32;

/** Faces of 60 people: of person p at p, p + 60, p + 120, ...: all of each round of 60 are of different people. */
function rounds(count: number, spread = 0.5): Features {
  const random = createRandom(11);
  const direction = (): number[] => {
    const values = Array.from({ length: dim }, () => random.normal());
    const norm = Math.hypot(...values);
    return values.map((value) => value / norm);
  };
  const centres = Array.from({ length: 60 }, direction);
  const values: number[] = [];
  for (let i = 0; i < 60 * count; i++) {
    const own = direction();
    values.push(...centres[i % 60].map((value, c) => value + spread * own[c]));
  }
  return normalise(Features.from(values, dim));
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

describe('l2c assign', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'l2c-assign-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const all = rounds(8);
  const run = (): string => join(folder, 'run');
  const quiet = (): Pick<AssignFacesOptions, 'log' | 'observer' | 'signal'> => {
    const { log, observer, signal } = quietRun();
    return { log, observer, signal };
  };

  async function first(rows: readonly number[], given: object = {}): Promise<void> {
    const file = join(folder, 'first.npy');
    await writeFeatures(file, selectRows(all, rows));
    await clusterFaces(file, { ...quiet(), output: run(), ...given });
    rmSync(join(folder, 'moved.npy'), { force: true });
  }

  async function assign(features: Features, given: Partial<AssignFacesOptions> = {}): Promise<AssignedFaces> {
    const file = join(folder, 'new.npy');
    await writeFeatures(file, features);
    return assignFaces(run(), file, { ...quiet(), ...given });
  }

  const labels = (output = run()): Promise<Int32Array> => readMeta(join(output, 'clusters/labels.meta'));

  it('is not written over by another clustering', async () => {
    await first(range(0, 200));
    await assign(selectRows(all, range(200, 210)));
    const before = await labels();
    const again = clusterFaces(join(folder, 'first.npy'), { ...quiet(), output: run() });
    await refused(() => again, 'E_OUTPUT', /holds a result that faces were assigned to/);
    expect([...(await labels())]).to.deep.equal([...before]);
  });

  it('places batch after batch, as clustering all at once would', async () => {
    await first(range(0, 200));
    const before = [...(await labels())];
    const ids = new Set(before);
    for (const [from, to] of [
      [200, 300],
      [300, 420],
      [420, 480],
    ]) {
      const found = await assign(selectRows(all, range(from, to)));
      expect(found).to.include({ added: to - from, invalid: 0, faces: to, moved: 0, joined: to - from });
    }
    const after = await labels();
    expect([...after.subarray(0, 200)]).to.deep.equal(before);
    expect(new Set(after)).to.deep.equal(ids);
    expect(
      samePartition(
        after,
        Int32Array.from(range(0, 480), (i) => i % 60),
      ),
    ).to.equal(true);
  });

  it('gives new people new ids, and leaves singles alone', async () => {
    const known = range(0, 240).filter((i) => i % 60 < 50);
    await first(known);
    const count = Math.max(...(await labels())) + 1;
    const found = await assign(selectRows(all, [55, 115, 175, 56, 116, 176, 57, 3]));
    expect(found).to.include({ joined: 1, together: 6, alone: 1 });
    const after = await labels();
    expect([...after.subarray(known.length)]).to.deep.equal([
      ...[count, count, count, count + 1, count + 1, count + 1, count + 2],
      after[known.indexOf(3)],
    ]);
    const text = assignText(found);
    expect(text).to.include('8 new faces: 1 with earlier ones, 6 in new clusters with each other, 1 alone');
    expect(text).to.match(/l2c export \S+ --to json/);
    expect(text).to.include('now 208 faces: 52 clusters of two or more, the largest of 5, and 1 single face');
  });

  it('leaves a result that report and explain refuse for what it is, and export writes', async () => {
    await first(range(0, 120));
    const report = (): Promise<unknown> => reportFile(run(), { ...quiet(), curve: false, thumbnails: false });
    const explain = (): Promise<unknown> => explainPair(run(), ['0', '60'], quiet());
    await report();
    await explain();
    const grown =
      /run\/clusters: faces were assigned to this result since .* only results of one run; l2c export .*; l2c cluster \S+clusters\/features\.npy makes/;
    await assign(selectRows(all, range(120, 150)));
    for (const action of [report, explain]) await refused(action, 'E_DATA', grown);
    await updateFaces(run(), quiet());
    for (const action of [report, explain]) await refused(action, 'E_DATA', grown);
    const [{ path }] = await exportRun(run(), 'csv', undefined, quiet().log);
    expect(readFileSync(path, 'utf8').trimEnd().split('\n')).to.have.length(151);
    await runFiles([join(run(), 'cluster.yaml')], quietRun({ output: run() }));
    await report();
    await explain();
  });

  it('leaves all as it is where photos are assigned again, and counts them', async () => {
    await first(range(0, 240));
    const before = [...(await labels())];
    const { threshold } = await assign(selectRows(all, range(240, 250)));
    const lines: string[] = [];
    const log = { ...quiet().log, info: (line: string) => void lines.push(line) };
    const found = await assign(selectRows(all, range(0, 240)), { log });
    expect(found).to.include({ added: 240, copies: 240, joined: 240, moved: 0, threshold, faces: 490 });
    expect([...(await labels())].slice(250)).to.deep.equal(before);
    expect([...(await labels())].slice(0, 240)).to.deep.equal(before);
    expect(assignText(found)).to.include('\n240 new faces are copies of earlier ones\n');
    expect(lines).to.deep.equal(['compares 240 new faces with 250 earlier ones']);
    const updated = await updateFaces(run(), quiet());
    expect(updated).to.include({ moved: 0, renewed: false });
  });

  it('takes copies among new faces for one, and a copy of two earlier clusters to the first', async () => {
    await first(range(0, 200));
    const earlier = await labels();
    await assign(selectRows(all, [3, 200, 200, 201]), { fixed: true });
    const after = await labels();
    expect([...after.subarray(200)]).to.deep.equal([3, 20, 20, 21].map((row) => earlier[row]));
    // people have put a copy elsewhere
    const path = join(run(), 'clusters/labels.meta');
    const corrected = after.slice();
    corrected[200] = corrected[5];
    await writeMeta(path, corrected);
    const found = await assign(selectRows(all, [3, 20]), { fixed: true });
    expect(found).to.include({ copies: 2, moved: 0, joined: 2 });
    expect([...(await labels()).subarray(0, 204)]).to.deep.equal([...corrected]);
    expect([corrected[3], corrected[5]]).to.include((await labels())[204]);
  });

  it('writes a result that stands alone, and clusters all again to the same', async () => {
    await first(range(0, 240));
    const earlier = await labels();
    rmSync(join(folder, 'new.npy'), { force: true });
    const found = await assign(selectRows(all, range(240, 300)), { output: join(folder, 'grown') });
    expect([...(await labels())]).to.deep.equal([...earlier]);
    for (const file of ['first.npy', 'new.npy']) rmSync(join(folder, file));
    rmSync(run(), { recursive: true });
    const [again] = await runFiles([found.files.pipeline], quietRun({ output: join(folder, 'grown') }));
    expect(again.stages.map(({ kind, cached }) => `${kind} ${cached}`)[0]).to.equal('knnBuilder true');
    expect(
      samePartition(
        await labels(join(folder, 'grown')),
        range(0, 300).map((i) => i % 60),
      ),
    ).to.equal(true);
    const stored = await readRawFeatures(join(folder, 'grown/clusters/features.npy'));
    expect(stored.n).to.equal(300);
  });

  it('keeps ids and images, rows that are no face, and only the graph that is of use', async () => {
    const images = join(folder, 'images.txt');
    writeFileSync(
      images,
      range(0, 120)
        .map((i) => `a, ${i}.jpg`)
        .join('\n'),
    );
    await first(range(0, 120), { images });
    const ids = join(folder, 'ids.txt');
    writeFileSync(ids, 'x\ny\nz');
    const three = selectRows(all, [120, 121, 122]);
    three.row(1).fill(0);
    const placed = await assign(three, { ids });
    expect(placed).to.include({ faces: 123, added: 3, invalid: 1, joined: 2 });
    expect(assignText(placed)).to.match(/report\.html showed earlier clusters, and is removed\n/);
    expect(existsSync(join(run(), 'report.html'))).to.equal(false);
    rmSync(images);
    const graphs = readdirSync(join(run(), '.cache')).length;
    const next = await assign(selectRows(all, [123]));
    expect(next).to.include({ faces: 124, joined: 1 });
    expect(assignText(next)).not.to.include('report.html');
    expect(assignText(next)).to.match(/: l2c cluster \S+run --update$/);
    expect(readdirSync(join(run(), '.cache')).length).to.equal(graphs);
    const lines = readFileSync(join(run(), 'clusters.csv'), 'utf8').trimEnd().split('\n');
    expect(lines[0]).to.equal('row,id,image,cluster,size,fit');
    expect(lines[6]).to.match(/^5,,".*\/a, 5\.jpg",5,2,0\.\d+$/);
    expect(lines[121]).to.match(/^120,x,,0,3,/);
    expect(lines[122]).to.equal('121,y,,-1,0,');
    expect(lines[124]).to.match(/^123,,,3,3,/);
  });

  it('leaves no export of earlier clusters beside the grown ones', async () => {
    await first(range(0, 120));
    const exported = (form: 'csv' | 'json' | 'parquet') => exportRun(run(), form, undefined, quiet().log);
    const paths: string[] = [];
    for (const form of ['csv', 'json', 'parquet'] as const) paths.push((await exported(form))[0].path);
    mkdirSync(join(run(), 'clusters/clusters'));
    const found = await assign(selectRows(all, [120]));
    const removed = [join(run(), 'report.html'), ...paths];
    expect(found.files.removed).to.deep.equal(removed);
    expect(removed.filter((path) => existsSync(path))).to.deep.equal([]);
    expect(assignText(found))
      .to.match(/report\.html, .*clusters\.parquet showed earlier clusters, and are removed\n/)
      .and.match(/clusters\/clusters shows earlier clusters: remove it, and export again\n/);
    await exported('json');
    const again = await updateFaces(run(), quiet());
    expect(again.files.removed).to.deep.equal([paths[1]]);
    expect(existsSync(join(run(), 'clusters.csv'))).to.equal(true);
  });

  it('takes names out of .csv', async () => {
    const csv = (rows: readonly number[]): string => rows.map((i) => `face ${i},${all.row(i).join()}`).join('\n');
    writeFileSync(join(folder, 'first.csv'), csv(range(0, 120)));
    await clusterFaces(join(folder, 'first.csv'), { ...quiet(), output: run() });
    writeFileSync(join(folder, 'new.csv'), csv([120, 121]));
    await assignFaces(run(), join(folder, 'new.csv'), quiet());
    const lines = readFileSync(join(run(), 'clusters.csv'), 'utf8').split('\n');
    expect(lines[1]).to.match(/^0,face 0,0,3,/);
    expect(lines[121]).to.match(/^120,face 120,0,3,/);
  });

  it('leaves earlier faces in place where it is told to', async () => {
    await first(range(0, 240));
    const file = join(run(), 'clusters/labels.meta');
    const wrong = [...(await labels())].map((id) => (id === 7 ? 8 : id));
    writeFileSync(file, wrong.join('\n'));
    const batch = selectRows(all, range(240, 300));
    await assign(batch, { fixed: true, output: join(folder, 'fixed') });
    expect([...(await labels(join(folder, 'fixed'))).subarray(0, 240)]).to.deep.equal(wrong);
    const found = await assign(batch);
    expect(found.moved).to.equal(4);
    expect(
      samePartition(
        await labels(),
        range(0, 300).map((i) => i % 60),
      ),
    ).to.equal(true);
  });

  it('joins clusters and forgets no id in an update', async () => {
    await first(range(0, 240));
    const file = join(run(), 'clusters/labels.meta');
    const torn = [...(await labels())].map((id, i) => (id === 7 && i > 100 ? 60 : id));
    writeFileSync(file, torn.join('\n'));
    const found = await assign(selectRows(all, range(240, 300)));
    expect(found.alike.map(({ clusters }) => [...clusters].sort((a, b) => a - b))).to.deep.equal([[7, 60]]);
    expect(assignText(found)).to.match(/look like one person now/);
    const updated = await updateFaces(run(), quiet());
    expect(
      samePartition(
        await labels(),
        range(0, 300).map((i) => i % 60),
      ),
    ).to.equal(true);
    expect(updated.moved).to.be.within(1, 3);
    expect(updateText(updated)).to.include('now 300 faces: 60 clusters');
    const later = await assign(normalise(Features.from(new Array(dim).fill(1), dim)));
    expect(later.alone).to.equal(1);
    expect((await labels())[300]).to.equal(61);
  });

  it('adds to what any pipeline made', async () => {
    const file = join(folder, 'first.npy');
    await writeFeatures(file, selectRows(all, range(0, 240)));
    const pipeline = join(folder, 'p.yaml');
    const stages =
      'knnBuilder: { type: exact, k: 20 }\nproposalGenerator: { type: knn-edges }\ndeoverlapper: { type: connected-components, threshold: 0.6 }\n';
    writeFileSync(pipeline, `data: { features: first.npy }\n${stages}`);
    const [{ output }] = await runFiles([pipeline], quietRun({ output: run() }));
    const found = await assign(selectRows(all, range(240, 300)));
    expect(found).to.include({ faces: 300, joined: 60, clusters: 60 });
    expect(existsSync(join(output, 'clusters.csv'))).to.equal(true);
    expect(await assign(selectRows(all, range(300, 360)))).to.include({ faces: 360, joined: 60 });
  });

  it('refuses what does not belong together, and leaves the result as it was', async () => {
    await first(range(0, 120));
    const before = readFileSync(join(run(), 'clusters/metrics.json'), 'utf8');
    await refused(
      () => assign(Features.from([1, 2, 3], 3)),
      'E_DATA',
      /3 dimensions, and those of the earlier faces 32/,
    );
    await refused(() => assignFaces(folder, 'x.npy', quiet()), 'E_FILE', /is no folder of a run/);
    await refused(() => assignFaces(join(folder, 'none'), 'x.npy', quiet()), 'E_FILE', /is no folder of a run/);
    await refused(() => assign(selectRows(all, [1]), { images: bin }), 'E_DATA', /lines, and there are 1 faces/);
    await writeFeatures(join(folder, 'first.npy'), selectRows(all, range(1, 121)));
    await refused(() => assign(selectRows(all, [1])), 'E_DATA', /first\.npy: is no longer what this run clustered/);
    expect(readFileSync(join(run(), 'clusters/metrics.json'), 'utf8')).to.equal(before);
    expect(readdirSync(run()).filter((name) => name.startsWith('.l2c'))).to.deep.equal([]);
  });

  it('survives being killed at any time', async () => {
    await first(range(0, 240));
    const file = join(folder, 'new.npy');
    await writeFeatures(file, selectRows(all, range(240, 300)));
    const { NODE_OPTIONS: _, TSX_TSCONFIG_PATH: __, ...env } = process.env;
    for (const wait of [300, 600, 900, 1200]) {
      const child = spawn(process.execPath, [bin, 'assign', run(), file, '--quiet'], { env, stdio: 'ignore' });
      const closed = new Promise((resolve) => child.once('close', resolve)); // it may be done before it is killed
      await new Promise((resolve) => setTimeout(resolve, wait));
      child.kill('SIGKILL');
      await closed;
      const { faces } = await updateFaces(run(), quiet());
      expect((await labels()).length).to.equal(faces);
    }
    expect(readdirSync(run()).filter((name) => name.startsWith('.l2c'))).to.deep.equal([]);
  });

  it('is a command, and cluster --update another', async () => {
    await first(range(0, 240));
    const file = join(folder, 'new.npy');
    await writeFeatures(file, selectRows(all, range(240, 300)));
    const { NODE_OPTIONS: _, TSX_TSCONFIG_PATH: __, ...env } = process.env;
    const l2c = (...args: string[]) => spawnSync(process.execPath, [bin, ...args], { env, encoding: 'utf8' });
    const assigned = l2c('assign', run(), file, '--json');
    expect(assigned.status, assigned.stderr).to.equal(0);
    expect(JSON.parse(assigned.stdout)).to.include({ joined: 60, faces: 300 });
    const updated = l2c('cluster', run(), '--update');
    expect(updated.status, updated.stderr).to.equal(0);
    expect(updated.stdout).to.include('0 faces changed the cluster');
    const wrong = l2c('cluster', run(), '--update', '--dim', '3');
    expect(wrong.status).to.equal(2);
    expect(wrong.stderr).to.include('--dim: can not stand beside --update');
  });
});
