import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { clusterFaces, type ClusteredFaces, type ClusterFacesOptions } from '../../src/cluster/cluster-faces.js';
import { Features, normalise } from '../../src/data/features.js';
import { L2cError } from '../../src/errors.js';
import { writeFeatures } from '../../src/formats/features-file.js';
import { parquetPieces } from '../../src/formats/parquet.js';
import { readMeta } from '../../src/formats/meta.js';
import { recordedRun } from '../../src/pipeline/recorded-run.js';
import { runFiles } from '../../src/pipeline/run-files.js';
import { planFile } from '../../src/pipeline/validate.js';
import { clusterText } from '../../src/report/cluster-text.js';
import { createRandom } from '../../src/stages/random.js';
import { samePartition } from '../../src/data/labels.js';
import { quietRun } from '../pipeline/sandbox.js';

const bin = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
const dim = 32;

/** Faces of identities of the given sizes, in order: unit vectors around centres that are nearly orthogonal. */
function facesOf(sizes: readonly number[], spread = 0.5): Features {
  const random = createRandom(5);
  const values: number[] = [];
  for (const size of sizes) {
    const centre = direction(random);
    for (let i = 0; i < size; i++) {
      const own = direction(random);
      values.push(...centre.map((value, c) => value + spread * own[c]));
    }
  }
  return normalise(Features.from(values, dim));
}

function direction(random: { normal(): number }): number[] {
  const values = Array.from({ length: dim }, () => random.normal());
  const norm = Math.hypot(...values);
  return values.map((value) => value / norm);
}

/** One person whose n faces are a ring, such as the turns of a head, so that each is like few others; and others of 10 faces. */
function ringOf(n: number, others: number): Features {
  const random = createRandom(5);
  const [centre, right, up] = [direction(random), direction(random), direction(random)];
  const values: number[] = [];
  for (let i = 0; i < n; i++) {
    const [turn, own] = [(2 * Math.PI * i) / n, direction(random)];
    values.push(
      ...centre.map((value, c) => 1.5 * value + Math.cos(turn) * right[c] + Math.sin(turn) * up[c] + 0.3 * own[c]),
    );
  }
  const rest = facesOf(new Array<number>(others).fill(10));
  for (let i = 0; i < rest.n; i++) values.push(...rest.row(i));
  return normalise(Features.from(values, dim));
}

const truthOf = (sizes: readonly number[]): Int32Array =>
  Int32Array.from(sizes.flatMap((size, identity) => new Array<number>(size).fill(identity)));

describe('l2c cluster', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'l2c-cluster-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function cluster(features: Features, given: Partial<ClusterFacesOptions> = {}): Promise<ClusteredFaces> {
    const file = join(folder, 'faces.npy');
    await writeFeatures(file, features);
    const { log, observer, signal } = quietRun();
    return clusterFaces(file, { log, observer, signal, ...given });
  }

  async function refusal(features: Features, given: Partial<ClusterFacesOptions> = {}): Promise<L2cError> {
    try {
      await cluster(features, given);
    } catch (error) {
      if (error instanceof L2cError) return error;
      throw error;
    }
    throw new RangeError('not refused');
  }

  it('says so where neighbours are approximate', async () => {
    const lines: string[] = [];
    const log = { ...quietRun().log, info: (line: string) => void lines.push(line) };
    await cluster(facesOf([12, 9, 7]), { log });
    expect(lines).to.deep.equal([]);
    await cluster(facesOf([12, 9, 7]), { log, settings: ['knnBuilder.type=ivf'] });
    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(/^not all pairs of 28 faces are compared: [\d.]+ % of near neighbours are found/);
  });

  it('finds people, and says what to look at', async () => {
    const sizes = [12, 9, 7, 5, 4, 3, 2, 2, 1, 1, 1];
    const found = await cluster(facesOf(sizes));
    const labels = await readMeta(found.files.labels);
    expect(samePartition(labels, truthOf(sizes))).to.equal(true);
    expect(found).to.include({ faces: 47, invalid: 0, clusters: 8, singletons: 3, largest: 12, k: 46 });
    expect(found.threshold!.stability).to.be.within(0.9, 1);
    expect(found.threshold!.chosen).to.be.within(found.threshold!.plateau[0], found.threshold!.plateau[1]);
    const { splits, close } = found.review;
    expect(splits.length).to.equal(5);
    const likeness = splits.map(({ inside, across }) => across / inside);
    expect(likeness).to.deep.equal([...likeness].sort((a, b) => a - b));
    for (const { cluster, link } of splits) expect(link.map((row) => labels[row])).to.deep.equal([cluster, cluster]);
    expect(close[0].similarity).below(splits[0].across);
    expect(existsSync(found.files.report!)).to.equal(true);
    const text = clusterText(found);
    expect(text).to.include('47 faces: 8 clusters of two or more, the largest of 12, and 3 single faces');
    expect(text).to.include(`threshold ${found.threshold!.chosen}, found without labels`);
    expect(found.doubts).to.deep.equal([]);
    const { bcubed, pairwise } = found.quality!;
    for (const { value, error } of [bcubed.precision, bcubed.recall, pairwise.precision, pairwise.recall]) {
      expect(value).within(0.95, 1);
      expect(error).within(0.001, 0.05);
    }
    expect(text).to.match(
      /estimated without labels: BCubed precision \d+\.\d % and recall \d+\.\d %, on average \d\.\d and \d\.\d points off; pairs of faces precision .* points off\n/,
    );
  });

  it('measures faces and clusters as it says', async () => {
    const features = facesOf([4, 3, 3]);
    const found = await cluster(features);
    const lines = readFileSync(found.files.clusters, 'utf8').trimEnd().split('\n');
    expect(lines[0]).to.equal('row,cluster,size,fit');
    const mean = (members: readonly number[]): number[] =>
      Array.from({ length: dim }, (_, c) => members.reduce((sum, i) => sum + features.row(i)[c], 0));
    const centre = mean([0, 1, 2, 3]);
    const fit = features.row(2).reduce((sum, value, c) => sum + value * centre[c], 0) / Math.hypot(...centre);
    expect(lines[3]).to.equal(`2,0,4,${fit.toFixed(4)}`);
    const split = found.review.splits.find(({ cluster }) => cluster === 0)!;
    expect(split.score).closeTo(features.dot(...split.link), 1e-4);
    const sides = [0, 1, 2, 3].filter((i) => i !== split.link[0]).map((other) => [split.link[0], other]);
    const across = (a: readonly number[], b: readonly number[]): number =>
      a.flatMap((i) => b.map((j) => features.dot(i, j))).reduce((sum, value) => sum + value, 0) / (a.length * b.length);
    const possible = sides.map((small) =>
      across(
        small,
        [0, 1, 2, 3].filter((i) => !small.includes(i)),
      ),
    );
    expect(Math.min(...possible.map((value) => Math.abs(value - split.across)))).below(1e-4);
    const pair = found.review.close.find(({ clusters }) => clusters.join() === '0,1')!;
    expect(pair.similarity).closeTo(across([0, 1, 2, 3], [4, 5, 6]), 1e-4);
  });

  it('gives back images and ids, quoted where they must be', async () => {
    const images = join(folder, 'images.txt');
    const ids = join(folder, 'ids.txt');
    writeFileSync(images, 'a.jpg\nb, c.jpg\n"d".jpg\n\ne.jpg\nf.jpg\n');
    writeFileSync(ids, '10\r\n11\r\n12\r\n13\r\n14\r\n15');
    const found = await cluster(facesOf([3, 3]), { images, ids });
    const lines = readFileSync(found.files.clusters, 'utf8').split('\n');
    expect(lines[0]).to.equal('row,id,image,cluster,size,fit');
    expect(lines[1]).to.match(/^0,10,a\.jpg,0,3,0\.\d{4}$/);
    expect(lines[2]).to.match(/^1,11,"b, c\.jpg",0,3,/);
    expect(lines[3]).to.match(/^2,12,"""d""\.jpg",0,3,/);
    expect(lines[4]).to.match(/^3,13,,1,3,/);
    writeFileSync(ids, '1\n2\n');
    const refused = await refusal(facesOf([3, 3]), { ids });
    expect(refused.message).to.include('has 2 lines, and there are 6 faces');
  });

  it('takes a pattern of images, and names that lie beside the features', async () => {
    const file = join(folder, 'faces.csv');
    const features = facesOf([3, 3]);
    const rows = Array.from({ length: 6 }, (_, i) => [`p${i}`, ...features.row(i)].join());
    writeFileSync(file, `${rows.join('\n')}\n`);
    const { log, observer, signal } = quietRun();
    const images = join(folder, 'photos', '{id}-{row}.jpg');
    const found = await clusterFaces(file, { log, observer, signal, images });
    const lines = readFileSync(found.files.clusters, 'utf8').split('\n');
    expect(lines[2]).to.match(/^1,p1,[^,]*photos\/p1-1\.jpg,0,3,/);
    const { data } = await planFile(found.files.pipeline!);
    expect(data.images).to.equal(images);

    const nameless = await refusal(features, { images });
    expect(nameless.message).to.include('holds {id}, and the faces have none; give a file of ids, or write {row}');
    const strange = await refusal(features, { images: join(folder, '{idx}.jpg') });
    expect(strange.message).to.equal(
      `${join(folder, '{idx}.jpg')}: holds {idx}, and only {id} and {row} stand for something; write one of these, or give a text with an image a line`,
    );
    const bare = await refusal(features, { images: folder });
    expect(bare.message).to.equal(
      `${folder}: is a folder; say which file in it is whose, as ${join(folder, '{id}.jpg')} or {row}.jpg, or give a text with an image a line`,
    );
  });

  it('takes a table of Parquet, and the names in it', async () => {
    const features = facesOf([4, 3]);
    const numbers = Array.from({ length: dim }, (_, c) => ({
      name: `f${c}`,
      values: Float32Array.from({ length: 7 }, (_, i) => features.row(i)[c]),
    }));
    const ids = { name: 'path', values: Array.from({ length: 7 }, (_, i) => `p${i}.jpg`) };
    const file = join(folder, 'faces.parquet');
    writeFileSync(file, Buffer.concat([...parquetPieces([ids, ...numbers])]));
    const { log, observer, signal } = quietRun();
    const found = await clusterFaces(file, { log, observer, signal });
    expect(found).to.include({ faces: 7, clusters: 2, largest: 4 });
    const lines = readFileSync(found.files.clusters, 'utf8').split('\n');
    expect(lines[0]).to.equal('row,id,cluster,size,fit');
    expect(lines[5]).to.match(/^4,p4\.jpg,1,3,/);
  });

  it('looks at no more neighbours where somebody with more faces is whole', async () => {
    const found = await cluster(facesOf([100, 20, 10], 0.4));
    expect(found.k).to.equal(80);
    expect(found.largest).to.equal(100);
  });

  it('looks at more neighbours where somebody lies in parts, unless a number is set', async () => {
    const lines: string[] = [];
    const log = { ...quietRun().log, info: (line: string) => void lines.push(line) };
    const found = await cluster(ringOf(400, 6), { log });
    expect(found.k).to.be.within(160, 459);
    expect(lines[0]).to.match(/^80 neighbours are too few for \d+ % of the faces/);
    const short = await cluster(ringOf(400, 6), { settings: ['knnBuilder.k=80'] });
    expect(short.k).to.equal(80);
    expect(short.clusters).to.be.greaterThan(found.clusters);
  });

  it('writes a pipeline that gives the same again, and can be changed', async () => {
    const found = await cluster(facesOf([6, 5, 4]));
    const labels = await readMeta(found.files.labels);
    const pipeline = found.files.pipeline!;
    const [again] = await runFiles([pipeline], quietRun({ output: join(folder, 'again') }));
    expect(await readMeta(join(again.output, 'labels.meta'))).to.deep.equal(labels);
    const apart = await cluster(facesOf([6, 5, 4]), { settings: ['deoverlapper.threshold=0.99'] });
    expect(apart).to.include({ clusters: 0, singletons: 15, threshold: undefined });
    expect(clusterText(apart)).to.match(/^15 faces: 0 clusters of two or more and 15 single faces\n/);
    const given = await cluster(facesOf([9, 8, 7]), { settings: ['deoverlapper.threshold=0.5'] });
    expect(given).to.include({ clusters: 3, quality: undefined });
  });

  it('writes down the pipeline as it was set, and takes settings by the names that warnings give', async () => {
    const faces = facesOf([60, 40, 10], 0.5);
    const warnings: string[] = [];
    const log = { ...quietRun().log, warn: (message: string) => void warnings.push(message) };
    const found = await cluster(faces, { settings: ['deoverlapper.threshold=-1', 'knnBuilder.k=30'], log });
    expect(found.k).to.equal(30);
    const plan = await planFile(found.files.pipeline!);
    const [{ knnBuilder, deoverlapper }] = plan.pipelines[0].rounds;
    expect([knnBuilder!.options['k'], deoverlapper!.options['threshold']]).to.deep.equal([30, -1]);
    const [again] = await runFiles([found.files.pipeline!], quietRun({ output: join(folder, 'again') }));
    expect(await readMeta(join(again.output, 'labels.meta'))).to.deep.equal(await readMeta(found.files.labels));
    expect(found.largest).above(55);
    const [, path] = /raise (\S+) \(-1\)/.exec(warnings.join('\n')) ?? [];
    expect((await cluster(faces, { settings: [`${path}=0.99`] })).clusters).to.equal(0);
  });

  it('warns once, however often it looks at more neighbours', async () => {
    const faces = ringOf(400, 6);
    faces.row(3).fill(0);
    const warnings: string[] = [];
    const log = { ...quietRun().log, warn: (message: string) => void warnings.push(message) };
    expect((await cluster(faces, { log })).k).to.be.greaterThan(80);
    expect(warnings.filter((warning) => warning.includes('invalid'))).to.have.length(1);
    expect(new Set(warnings).size).to.equal(warnings.length);
  });

  it('refuses settings of other data, or of no stage, and then leaves nothing behind', async () => {
    for (const [setting, code, fact] of [
      ['data.dim=3', 'E_USAGE', /^--set data\.dim=3: .*not to be set here; set options of its stages/],
      ['pipelines.clusters.knnBuilder.k=3', 'E_USAGE', /^--set pipelines\.clusters/],
      ['deoverlapper.treshold=0.5', 'E_CONFIG', /^--set deoverlapper\.treshold=0\.5: .*"threshold"/],
      ['knnBuilder.k=400', 'E_CONFIG', /^--set knnBuilder\.k=400: /],
    ] as const) {
      const refused = await refusal(facesOf([5, 4]), { settings: [setting] });
      expect(refused.code).to.equal(code);
      expect(refused.message).to.match(fact);
      expect(readdirSync(folder)).to.deep.equal(['faces.npy']);
    }
  });

  describe('into a folder that is there', () => {
    const output = (): string => join(folder, 'people');
    const text = (name: string): string => readFileSync(join(output(), name), 'utf8');

    it('replaces what it wrote before as a whole, and leaves the rest alone', async () => {
      await cluster(facesOf([5, 4]), { output: output() });
      for (const name of ['clusters/metrics.json', 'cluster.yaml']) expect(text(name)).not.equal('');
      writeFileSync(join(output(), 'notes.txt'), 'mine');
      writeFileSync(join(output(), 'clusters', 'notes.txt'), 'mine too');
      await cluster(facesOf([1]), { output: output() });
      expect(readdirSync(output()).sort()).to.deep.equal(['.cache', 'clusters', 'clusters.csv', 'notes.txt']);
      expect(readdirSync(join(output(), 'clusters')).sort()).to.deep.equal(['labels.meta', 'notes.txt']);
      expect(text('clusters.csv')).to.equal('row,cluster,size,fit\n0,0,1,\n');
      await cluster(facesOf([3, 3]), { output: output() });
      expect(text('clusters.csv').split('\n')).to.have.length(8);
      expect(text('notes.txt') + text('clusters/notes.txt')).to.equal('minemine too');
    });

    it('refuses to write over files that are not its own', async () => {
      for (const name of ['clusters.csv', 'cluster.yaml', 'clusters/labels.meta']) {
        mkdirSync(join(output(), 'clusters'), { recursive: true });
        writeFileSync(join(output(), name), 'mine\n');
        const refused = await refusal(facesOf([3, 3]), { output: output() });
        expect(refused.code).to.equal('E_OUTPUT');
        expect(refused.message).to.equal(
          `${join(output(), name)}: is there already, and not from \`l2c cluster\`; move it, or choose another folder with --output`,
        );
        expect(text(name)).to.equal('mine\n');
        rmSync(output(), { recursive: true });
      }
    });

    it('keeps the results of before where a run fails, and an empty folder', async () => {
      mkdirSync(output());
      const signal = AbortSignal.abort();
      expect((await refusal(facesOf([5, 4]), { output: output(), signal })).code).to.equal('E_ABORTED');
      expect(readdirSync(output())).to.deep.equal([]);
      const found = await cluster(facesOf([5, 4]), { output: output() });
      const before = text('clusters.csv');
      await refusal(facesOf([2, 2, 2]), { output: output(), signal });
      expect(text('clusters.csv')).to.equal(before);
      expect(await readMeta(found.files.labels)).to.have.length(9);
    });

    it('is not made before there is anything to write: whoever stops early finds nothing', async () => {
      const seen: boolean[] = [];
      const { observer } = quietRun();
      const looking = {
        ...observer,
        stageStarted: (...told: Parameters<typeof observer.stageStarted>) => {
          seen.push(existsSync(join(folder, 'made/on/the/way')), existsSync(join(folder, 'made')));
          observer.stageStarted(...told);
        },
      };
      await cluster(facesOf([4, 3, 3]), { output: join(folder, 'made/on/the/way'), observer: looking });
      expect(seen.slice(0, 2)).to.deep.equal([false, false]);
      expect(existsSync(join(folder, 'made/on/the/way/clusters.csv'))).to.equal(true);
    });

    it('leaves no results where a later look fails', async () => {
      await cluster(facesOf([5, 4]), { output: output() });
      const stop = new AbortController();
      const { log } = quietRun();
      const stopping = { ...log, info: () => stop.abort() }; // told that it looks at more neighbours
      const refused = await refusal(ringOf(400, 6), {
        output: output(),
        signal: stop.signal,
        log: stopping,
      });
      expect(refused.code).to.equal('E_ABORTED');
      expect(readdirSync(output()).sort()).to.deep.equal(['.cache', 'clusters']);
      expect(readdirSync(join(output(), 'clusters'))).to.deep.equal([]);
    });
  });

  it('makes no formula of a name, and gives every name back', async () => {
    const names = ['=1+1', "'=1", '-5', '+4.5', '-IMG.jpg', '@x', '\t=1', "it's", '-1,=2'];
    const ids = join(folder, 'ids.txt');
    writeFileSync(ids, `\ufeff${names.join('\n')}\n`);
    const found = await cluster(facesOf([5, 4]), { ids });
    const csv = readFileSync(found.files.clusters, 'utf8');
    expect(csv).not.to.include('\ufeff');
    const cells = csv
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => /^\d+,("(?:[^"]|"")*"|[^,]*),/.exec(line)![1]);
    expect(cells).to.deep.equal(["'=1+1", "''=1", '-5', '+4.5', "'-IMG.jpg", "'@x", "'\t=1", "it's", `"'-1,=2"`]);
    expect(cells.map((cell) => cell.replace(/^"(.*)"$/, '$1').replace(/^'/, ''))).to.deep.equal(names);
  });

  it('does not trust the stability of a handful of faces', async () => {
    const two = await cluster(facesOf([1, 1]));
    expect(two.threshold!.doubt).to.match(/^of 2 faces the stability says next to nothing/);
    expect((await cluster(facesOf([4, 4, 4, 4, 4], 0.3))).threshold!.doubt).to.equal(undefined);
  });

  it('leaves out rows that are no embedding', async () => {
    const features = facesOf([4, 4]);
    features.row(1).fill(0);
    features.row(6)[3] = NaN;
    const found = await cluster(features);
    expect(found).to.include({ faces: 8, invalid: 2, clusters: 2, largest: 3 });
    expect([...(await readMeta(found.files.labels))]).to.deep.equal([0, -1, 0, 0, 1, 1, -1, 1]);
    const lines = readFileSync(found.files.clusters, 'utf8').split('\n');
    expect(lines[2]).to.equal('1,-1,0,');
    expect(clusterText(found)).to.include('2 rows left out');
  });

  it('takes one face, two, the same face, and one person', async () => {
    const one = await cluster(facesOf([1]));
    for (const place of [dirname(one.files.clusters), dirname(one.files.labels)])
      expect(() => recordedRun(place)).to.throw(
        L2cError,
        `${place}: holds a single face, all that l2c cluster was given: no run, and nothing to go on from; cluster two or more faces at once`,
      );
    expect(one).to.include({ faces: 1, clusters: 0, singletons: 1 });
    expect([...(await readMeta(one.files.labels))]).to.deep.equal([0]);
    expect(clusterText(one)).to.match(
      /^a single face, alone in cluster 0: there was nothing to run, so there is no pipeline and no report\n\nA line for each face: \S+clusters\.csv$/,
    );
    const besides = await cluster(Features.from([...facesOf([1]).row(0), ...new Array<number>(2 * dim).fill(0)], dim));
    expect(clusterText(besides)).to.include('no report\n2 rows left out: zero, NaN');
    expect(await cluster(facesOf([1, 1]))).to.include({ faces: 2 });
    const same = await cluster(Features.from(new Array(20 * dim).fill(1), dim));
    expect(same).to.include({ clusters: 1, largest: 20, threshold: undefined });
    expect(clusterText(same)).not.to.include('threshold');
    const person = await cluster(facesOf([30], 0.3));
    expect(person).to.include({ clusters: 1, largest: 30, quality: undefined });
    expect(person.doubts).to.have.length(1);
    expect(person.doubts[0]).to.match(
      /^all faces are one cluster, of a mean cosine of 0\.\d\d: there are too few strangers/,
    );
    const nearly = await cluster(facesOf([30, 1, 1], 0.3));
    expect(nearly).to.include({ clusters: 1, largest: 30, singletons: 2, quality: undefined });
    expect(nearly.doubts[0]).to.match(/^nearly all faces are one cluster/);
  });

  it('says so where nothing tells people from strangers', async () => {
    for (const strangers of [30, 50, 100, 300]) {
      const found = await cluster(facesOf(new Array<number>(strangers).fill(1)));
      const doubts = [found.threshold!.doubt, ...found.doubts].filter((doubt) => doubt !== undefined);
      expect(doubts, `${strangers}`).not.to.deep.equal([]);
      expect(found.quality, `${strangers}`).to.equal(undefined);
      for (const doubt of doubts) expect(clusterText(found)).to.include(`doubtful: ${doubt}\n`);
    }
  });

  it('says so where the embeddings are of two models', async () => {
    const sizes = new Array<number>(120).fill(3);
    const shares = (row: Float32Array): number[] => [...row].map((value, c) => value / (1 + c / 4));
    const [first, second] = [facesOf(sizes, 0.4), facesOf(sizes, 0.4)];
    const rows = [
      ...Array.from({ length: first.n }, (_, i) => shares(first.row(i))),
      ...Array.from({ length: second.n }, (_, i) => shares(second.row(i)).reverse()),
    ];
    const found = await cluster(normalise(Features.from(rows.flat(), dim)));
    expect(found.doubts.at(-1)).to.match(/^the rows from about 360 on look like embeddings of another model/);
    expect((await cluster(first)).doubts).to.deep.equal([]);
  });

  it('refuses files without an embedding, before it writes anything', async () => {
    const refused = await refusal(Features.from(new Array(3 * dim).fill(0), dim));
    expect(refused.code).to.equal('E_DATA');
    expect(readdirSync(folder)).to.deep.equal(['faces.npy']);
  });

  it('is a command', async () => {
    const file = join(folder, 'faces.npy');
    await writeFeatures(file, facesOf([5, 4, 3]));
    const { NODE_OPTIONS: _, TSX_TSCONFIG_PATH: __, ...env } = process.env;
    const { status, stdout, stderr } = spawnSync(process.execPath, [bin, 'cluster', file, '--json'], {
      env,
      encoding: 'utf8',
    });
    expect(status, stderr).to.equal(0);
    const found = JSON.parse(stdout) as ClusteredFaces;
    expect(found).to.include({ faces: 12, clusters: 3, largest: 5 });
    expect(existsSync(found.files.clusters)).to.equal(true);
  });
});
