import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { readCsvIds } from '../../src/formats/csv-matrix.js';
import { convertFile } from '../../src/formats/convert.js';
import { hashFile } from '../../src/formats/atomic.js';
import { inspectFeatures, readFeatures, readRawFeatures } from '../../src/formats/features-file.js';
import { createRandom } from '../../src/stages/random.js';
import { refused, temporaryFolder } from './temporary.js';

describe('features in .csv', () => {
  const folder = temporaryFolder();
  const path = (): string => folder.path('faces.csv');

  async function read(text: string): Promise<{ rows: number[][]; ids: string[] | undefined }> {
    writeFileSync(path(), text);
    const features = await readRawFeatures(path());
    expect(await inspectFeatures(path())).to.deep.equal({ n: features.n, dim: features.dim });
    const rows = Array.from({ length: features.n }, (_, i) => [...features.row(i)]);
    return { rows, ids: await readCsvIds(path()) };
  }

  const rows = [
    [0.5, -1, 2],
    [4, 0.25, -0.125],
  ];

  for (const [what, text, ids] of [
    ['numbers alone', '0.5,-1,2\n4,.25,-1.25e-1\n', undefined],
    ['a title for each column', 'f0,f1,f2\n0.5,-1,2\n4,0.25,-0.125', undefined],
    ['what pandas writes', ',0,1,2\n0,0.5,-1,2\n1,4,0.25,-0.125\n', ['0', '1']],
    ['what pandas writes without an index', '0,1,2\n0.5,-1,2\n4,0.25,-0.125\n', undefined],
    ['paths in front', 'a/1.jpg,0.5,-1,2\n"b, 2.jpg",4,0.25,-0.125\n', ['a/1.jpg', 'b, 2.jpg']],
    ['paths in front, and titles', 'image;x;y;z\na.jpg;0.5;-1;2\nb.jpg;4;0.25;-0.125\n', ['a.jpg', 'b.jpg']],
    ['a name above numbered columns', 'photo 0,0,1,2\n17,0.5,-1,2\n18,4,0.25,-0.125\n', ['17', '18']],
    ['numbers that a title calls ids', 'ID\tx\ty\tz\n7\t0.5\t-1\t2\n8\t4\t0.25\t-0.125', ['7', '8']],
    ['a title unlike the others', 'person,e1,e2,e3\n7,0.5,-1,2\n8,4,0.25,-0.125', ['7', '8']],
    ['lists', 'path,embedding\na,"[0.5, -1, 2]"\nb,"[4, 0.25, -0.125]"\n', ['a', 'b']],
    ['lists as numpy prints them', 'embedding\n"[ 0.5 -1.\n  2. ]"\n"[4.  0.25 -0.125]"\n', undefined],
  ] as const) {
    it(`reads ${what}`, async () => {
      expect(await read(text)).to.deep.equal({ rows, ids });
    });
  }

  it('takes a first column that counts rows beside fractional numbers for names, and no other', async () => {
    const of = (...firsts: string[]): string => firsts.map((first, i) => `${first},0.5,-${i}.25,${i % 2}\n`).join('');
    expect((await read(of('0', '1', '2', '3'))).ids).to.deep.equal(['0', '1', '2', '3']);
    const { rows: kept, ids } = await read(of('1', '2', '3'));
    expect({ kept: kept[1], ids }).to.deep.equal({ kept: [0.5, -1.25, 1], ids: ['1', '2', '3'] });
    expect(await read('0,"[0.5, 1]"\n1,"[2, 1]"\n2,"[3, 1]"\n')).to.deep.include({ ids: ['0', '1', '2'] });
    expect((await read(of('0', '1', '3'))).ids).to.equal(undefined);
    expect((await read(of('0.0', '1.0', '2.0'))).ids).to.equal(undefined);
    expect((await read('0,4,5\n1,7,6\n2,0,9\n')).ids).to.equal(undefined);
  });

  it('reads large files as they are', async () => {
    const random = createRandom(3);
    const values = Array.from({ length: 3000 }, () => Array.from({ length: 200 }, () => Math.fround(random.normal())));
    writeFileSync(path(), values.map((row, i) => `face ${i},${row.join()}`).join('\r\n'));
    const { features, hash } = await readFeatures(path(), { normalise: false });
    expect([features.n, features.dim]).to.deep.equal([3000, 200]);
    for (const i of [0, 1, 1500, 2999]) expect([...features.row(i)]).to.deep.equal(values[i]);
    expect(hash).to.equal(await hashFile(path()));
    expect((await readCsvIds(path()))![2999]).to.equal('face 2999');
  });

  it('takes nan and inf for what they are: no embedding', async () => {
    writeFileSync(path(), '1,0\nnan,NaN\n-inf,2\n0,2\n');
    const { features, kept } = await readFeatures(path(), { onInvalid: 'drop' });
    expect([...kept!]).to.deep.equal([0, 3]);
    expect([...features.row(1)]).to.deep.equal([0, 1]);
  });

  it('converts to other formats', async () => {
    writeFileSync(path(), 'id,x,y\na,1,2\nb,3,4\n');
    const output = folder.path('faces.npy');
    expect(await convertFile(path(), output)).to.include({ kind: 'features', size: '2 x 2' });
    expect([...(await readRawFeatures(output)).blocks[0]]).to.deep.equal([1, 2, 3, 4]);
  });

  it('names line and column of what is no number', async () => {
    await refused(() => read('id,f0,f1\na,1,2\nb,1,x\n'), 'E_DATA', /faces\.csv:3 column 3 \("f1"\): "x" is no number/);
    await refused(() => read('1,2\n1,\n'), 'E_DATA', /faces\.csv:2 column 2: is blank/);
    await refused(() => read('1,abc,3\n1,2,3\n'), 'E_DATA', /faces\.csv:1 column 2: "abc" is no number/);
    await refused(
      () => read('0,5;0,1\n1;2\n'),
      'E_DATA',
      /faces\.csv:1 column 1: "0,5" is no number; write decimals with a point/,
    );
    await refused(() => read('a,"[1, 2, 3]"\nb,"[1, ... 3]"\n'), 'E_DATA', /:2 column 2: "\.\.\." is no number/);
  });

  it('names lines of another length', async () => {
    await refused(() => read('1,2,3\n\n4,5\n'), 'E_DATA', /faces\.csv:3: has 2 fields, and the first row 3/);
    await refused(
      () => read('a,"[1, 2]"\nb,[3]\n'),
      'E_DATA',
      /faces\.csv:2: its list has 1 numbers, and that of the first row 2/,
    );
  });

  it('refuses files without a row', async () => {
    await refused(() => read(''), 'E_DATA', /holds no rows/);
    await refused(() => read('id,x,y\n'), 'E_DATA', /holds titles and no row/);
    await refused(() => readFeatures(path(), { dim: 3 }), 'E_DATA', /titles|dimensions/);
  });
});
