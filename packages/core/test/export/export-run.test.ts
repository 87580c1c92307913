import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { expect } from 'chai';
import { parquetReadObjects } from 'hyparquet';
import { L2cError } from '../../src/errors.js';
import { exportRun, type ExportForm } from '../../src/export/export-run.js';
import { parquetPieces } from '../../src/formats/parquet.js';
import { runFiles } from '../../src/pipeline/run-files.js';
import { cli } from '../pipeline/cli.js';
import { dataYaml, quietRun, Sandbox } from '../pipeline/sandbox.js';

const stages = 'knnBuilder: { type: exact, k: 6 }\nproposalGenerator: knn-edges\ndeoverlapper: { type: connected-components, threshold: 0.5 }\n'; // prettier-ignore
const evil = '"><b>,x';

const modeOf = (path: string): number => statSync(path).mode;
const mkdirOf = (path: string): string => mkdirSync(path, { recursive: true })!;

describe('l2c export', () => {
  let box: Sandbox;
  beforeEach(async () => {
    box = new Sandbox();
    box.faces();
    const features = new Float32Array(new Uint8Array(readFileSync(box.file('features.bin'))).buffer);
    features.fill(0, 7 * 16, 8 * 16);
    box.write('features.bin', new Uint8Array(features.buffer));
    box.write('ids.txt', Array.from({ length: 30 }, (_, i) => (i === 4 ? evil : `id-${i}`)).join('\n'));
    box.write('photos/list.txt', Array.from({ length: 30 }, (_, i) => `${i}.jpg`).join('\n'));
    const more = ', onInvalid: drop, ids: ids.txt, images: photos/list.txt }';
    await runFiles([box.write('pipeline.yaml', dataYaml.replace(' }', more) + stages)], quietRun());
  });
  afterEach(() => box.remove());

  const parquetColumns = async (bytes: Uint8Array): Promise<Record<string, (number | string)[]>> => {
    const rows = await parquetReadObjects({ file: new Uint8Array(bytes).buffer });
    const names = Object.keys(rows[0] ?? {});
    return Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name] as number | string)]));
  };
  const exported = (form: ExportForm, output?: string) => exportRun(box.file('runs'), form, output, quietRun().log);
  const refusal = async (form: ExportForm, output?: string): Promise<L2cError> => {
    const error = await exported(form, output).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(L2cError);
    return error as L2cError;
  };

  it('writes a table of all rows, with the names of the user', async () => {
    const [{ pipeline, path }] = await exported('csv');
    expect([pipeline, path]).to.deep.equal(['pipeline', box.file('runs/pipeline/clusters.csv')]);
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(lines).to.have.length(31);
    expect(lines[0]).to.equal('row,id,image,cluster,size,fit');
    expect(lines[5]).to.match(/^4,"""><b>,x",[^,]*photos\/4\.jpg,0,5,0\.\d{4}$/);
    expect(lines[8]).to.match(/^7,id-7,[^,]*7\.jpg,-1,0,$/);
  });

  it('writes the same as Parquet', async () => {
    const [{ path }] = await exported('parquet', box.file('tables'));
    const columns = await parquetColumns(readFileSync(path));
    expect(Object.keys(columns)).to.deep.equal(['row', 'id', 'image', 'cluster', 'size', 'fit']);
    expect(columns['id'][4]).to.equal(evil);
    const labels = readFileSync(box.file('runs/pipeline/labels.meta'), 'utf8').trimEnd().split('\n').map(Number);
    expect(columns['cluster']).to.deep.equal(labels);
    expect(columns['size'].slice(5, 9)).to.deep.equal([4, 4, 0, 4]);
    expect(columns['fit'][7]).to.be.NaN;
    expect(columns['fit'][0]).within(0.5, 1);
  });

  it('tells sizes by the number of a cluster, where numbers are missing, and no fit of a face alone', async () => {
    const meta = box.file('runs/pipeline/labels.meta');
    const labels = readFileSync(meta, 'utf8').trimEnd().split('\n').map((label) => (label === '1' ? 40 : Number(label))); // prettier-ignore
    labels[0] = 12;
    box.write('runs/pipeline/labels.meta', `${labels.join('\n')}\n`);
    const sizes = labels.map((label) => (label === -1 ? 0 : labels.filter((other) => other === label).length));
    const [{ path }] = await exported('csv', box.file('tables'));
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n').slice(1).map((line) => line.split(',')); // prettier-ignore
    expect(lines.map((cells) => Number(cells.at(-2)))).to.deep.equal(sizes);
    expect(lines[0].slice(-3)).to.deep.equal(['12', '1', '']);
    const columns = await parquetColumns(readFileSync((await exported('parquet', box.file('tables')))[0].path));
    expect(columns['size']).to.deep.equal(sizes);
    const json = JSON.parse(readFileSync((await exported('json', box.file('tables')))[0].path, 'utf8')) as {
      clusters: { cluster: number; size: number; faces: { row: number; fit: number | null }[] }[];
    };
    expect(json.clusters.map(({ cluster }) => cluster)).to.deep.equal([...new Set(labels)].filter((label) => label >= 0).sort((a, b) => a - b)); // prettier-ignore
    for (const { cluster, size, faces } of json.clusters) {
      expect(faces.map(({ row }) => row).sort((a, b) => a - b), `${cluster}`).to.deep.equal([...labels.keys()].filter((row) => labels[row] === cluster)); // prettier-ignore
      expect(size).to.equal(faces.length);
    }
    expect(json.clusters.find(({ cluster }) => cluster === 12)!.faces[0].fit).to.equal(null);
  });

  it('writes Parquet in groups of rows', async () => {
    const values = Int32Array.from({ length: 1000 }, (_, i) => i * i);
    const names = Array.from(values, (value) => `é${value}`);
    const pieces = [...parquetPieces([{ name: 'square', values }, { name: 'name', values: names }], 64)]; // prettier-ignore
    expect(pieces.length).above(16);
    expect(await parquetColumns(Buffer.concat(pieces))).to.deep.equal({ square: [...values], name: names });
    const none = [...parquetPieces([{ name: 'none', values: new Int32Array(0) }])];
    expect(await parquetColumns(Buffer.concat(none))).to.deep.equal({});
  });

  it('writes clusters as JSON, the most typical face first', async () => {
    const [{ path }] = await exported('json');
    const { clusters, leftOut } = JSON.parse(readFileSync(path, 'utf8')) as {
      clusters: { cluster: number; size: number; faces: { row: number; id: string; fit: number }[] }[];
      leftOut: number[];
    };
    expect(leftOut).to.deep.equal([7]);
    expect(clusters.map(({ size, faces }) => [size, faces.length])).to.deep.equal(
      [5, 4, 5, 5, 5, 5].map((size) => [size, size]),
    );
    const fits = clusters[0].faces.map(({ fit }) => fit);
    expect(fits).to.deep.equal([...fits].sort((a, b) => b - a));
    expect(clusters[0].faces.find(({ row }) => row === 4)!.id).to.equal(evil);
  });

  it('links images, a folder for each cluster, all or none', async () => {
    for (let i = 0; i < 29; i++) box.write(`photos/${i}.jpg`, 'x');
    const absent = await refusal('folders');
    expect(absent.message).to.equal(`${box.file('photos/29.jpg')}: there is no such image; row 29 names it`);
    expect(existsSync(box.file('runs/pipeline/clusters'))).to.equal(false);
    box.write('photos/29.jpg', 'x');
    const [{ path }] = await exported('folders');
    expect(modeOf(path))
      .to.equal(modeOf(`${path}/1`))
      .and.to.equal(modeOf(mkdirOf(box.file('mine'))));
    expect(readdirSync(path).sort()).to.deep.equal(['0', '1', '2', '3', '4', '5']);
    expect(readdirSync(`${path}/1`).sort()).to.deep.equal(['5-5.jpg', '6-6.jpg', '8-8.jpg', '9-9.jpg']);
    expect(readlinkSync(`${path}/1/5-5.jpg`)).to.equal(box.file('photos/5.jpg'));
    expect((await refusal('folders')).message).to.include('is there already');
    expect(readdirSync(box.file('runs/pipeline')).filter((name) => name.startsWith('.'))).to.deep.equal([]);
  });

  it('names all that can not be linked to, five by name', async () => {
    for (let i = 0; i < 30; i++) box.write(`photos/${i}.jpg`, 'x');
    const lines = Array.from({ length: 30 }, (_, i) => `${i}.jpg`);
    box.write('photos/album/0.jpg', 'x');
    lines[1] = 'https://example.org/1.jpg';
    lines[3] = 'absent.jpg';
    lines[5] = 'album';
    box.write('photos/list.txt', lines.join('\n'));
    const all = [
      'https://example.org/1.jpg: is an address, and only files can be linked to; row 1 names it; export to csv, json or parquet',
      `${box.file('photos/absent.jpg')}: there is no such image; row 3 names it`,
      `${box.file('photos/album')}: is a folder; row 5 names it`,
    ];
    expect((await refusal('folders')).message).to.equal(all.join('\n'));
    for (let i = 10; i < 16; i++) lines[i] = `data:image/png;base64,${'A'.repeat(5000)}`;
    box.write('photos/list.txt', lines.join('\n'));
    const { message, problems } = await refusal('folders');
    expect(problems.map(({ code }) => code)).to.deep.equal([
      'E_DATA',
      'E_FILE',
      'E_FILE',
      'E_DATA',
      'E_DATA',
      'E_DATA',
    ]);
    expect(message)
      .to.match(/clusters: nor can 4 more images be linked to$/)
      .and.have.length.below(3000);
    expect(existsSync(box.file('runs/pipeline/clusters'))).to.equal(false);
  });

  it('cuts names of links that would be too long for the system, and no character of them', async () => {
    const long = [`${'é'.repeat(125)}.jpeg`, 'b'.repeat(255), `c.${'d'.repeat(250)}`];
    for (let i = 0; i < 30; i++) box.write(`photos/${long[i] ?? `${i}.jpg`}`, 'x');
    box.write('photos/list.txt', Array.from({ length: 30 }, (_, i) => long[i] ?? `${i}.jpg`).join('\n'));
    const [{ path }] = await exported('folders');
    const names = readdirSync(`${path}/0`).sort();
    expect(names).to.deep.equal([
      `0-${'é'.repeat(124)}.jpeg`,
      `1-${'b'.repeat(253)}`,
      `2-c.${'d'.repeat(250)}`.slice(0, 255),
      '3-3.jpg',
      '4-4.jpg',
    ]);
    expect(readlinkSync(`${path}/0/${names[0]}`)).to.equal(box.file(`photos/${long[0]}`));
  });

  it('refuses one folder for several pipelines, and folders without images', async () => {
    const two = `${dataYaml}pipelines:\n  a: { ${stages.trim().replaceAll('\n', ', ')} }\n  b: { ${stages.trim().replaceAll('\n', ', ')} }\n`; // prettier-ignore
    box.faces();
    await runFiles([box.write('two.yaml', two)], quietRun({ output: box.file('two') }));
    const both = await exportRun(box.file('two'), 'csv', box.file('one'), quietRun().log).catch(
      (caught: unknown) => caught,
    );
    expect((both as L2cError).message).to.include('several pipelines: a, b');
    const bare = await exportRun(box.file('two/a'), 'folders', undefined, quietRun().log).catch(
      (caught: unknown) => caught,
    );
    expect((bare as L2cError).message).to.include('the run knows of none');
  });

  it('is a command', async () => {
    const { status, stdout, stderr } = await cli(['export', box.file('runs'), '--to', 'csv', '--json']);
    expect(status, stderr).to.equal(0);
    const { written } = JSON.parse(stdout) as { written: { path: string }[] };
    expect(written.map(({ path }) => path)).to.deep.equal([box.file('runs/pipeline/clusters.csv')]);
  });
});
