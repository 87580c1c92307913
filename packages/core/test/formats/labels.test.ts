import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { readLabels, writeLabels } from '../../src/formats/labels-file.js';
import { formatMeta, parseMeta } from '../../src/formats/meta.js';
import { formatNpy } from '../../src/formats/npy.js';
import { writeNpz } from '../../src/formats/npz.js';
import { golden, refused, temporaryFolder } from './temporary.js';

const parse = (text: string) => [...parseMeta(Buffer.from(text), 'a.meta')];

describe('labels', () => {
  const folder = temporaryFolder();

  it('reads one integer a line', () => {
    expect(parse('3\n-1\n0\n')).to.deep.equal([3, -1, 0]);
    expect(parse('3\r\n-1\r\n0')).to.deep.equal([3, -1, 0]);
    expect(parse('\ufeff 7\t\n2147483647\n\n\r\n \n')).to.deep.equal([7, 2147483647]);
    expect(parse('')).to.deep.equal([]);
    expect(parse('\n')).to.deep.equal([]);
    expect(Object.is(parse('-0')[0], 0)).to.equal(true);
  });

  it('names the first line that is no label', async () => {
    const cases: [string, RegExp][] = [
      ['1\n2\nx\ny\n', /^a\.meta:3: "x" is no integer; one label/],
      ['1\n\n2\n', /^a\.meta:2: is blank/],
      ['1.5\n', /^a\.meta:1: "1\.5" is no integer/],
      ['1 2\n', /"1 2" is no integer/],
      ['-\n', /"-" is no integer/],
      ['-2\n', /-2 is no label/],
      ['2147483648\n', /2147483648 is no label/],
      ['1e3\n', /is no integer/],
    ];
    for (const [text, message] of cases) await refused(() => parse(text), 'E_DATA', message);
  });

  it('reads the golden labels', async () => {
    const path = golden('data/synth2k.meta');
    const labels = await readLabels(path, 2000);
    const lines = readFileSync(path, 'utf8').trim().split('\n').map(Number);
    expect([...labels]).to.deep.equal(lines);
    expect(labels.buffer).to.be.instanceOf(SharedArrayBuffer);
  });

  it('writes and reads back .meta, .txt, .npy and .npz', async () => {
    const labels = Int32Array.from({ length: 70000 }, (_, i) => (i % 7) - 1);
    for (const extension of ['meta', 'txt', 'npy', 'npz']) {
      const path = folder.path(`round.${extension}`);
      await writeLabels(path, labels);
      expect(Buffer.compare(Buffer.from((await readLabels(path, 70000)).buffer), Buffer.from(labels.buffer))).to.equal(
        0,
      );
    }
    expect(Buffer.concat([...formatMeta([1, -1])]).toString()).to.equal('1\n-1\n');
    await refused(() => writeLabels(folder.path('x.csv'), labels), 'E_OUTPUT', /labels can be written to/);
  });

  it('names lengths that differ, with both numbers', async () => {
    const path = folder.path('short.meta');
    writeFileSync(path, '1\n2\n3\n');
    await refused(() => readLabels(path, 4), 'E_DATA', /short\.meta: 3 labels for 4 rows of features/);
  });

  it('takes vectors of whole numbers only', async () => {
    const path = folder.path('v.npy');
    const write = (shape: number[], data: Float64Array | BigInt64Array) =>
      writeFileSync(path, formatNpy({ shape, data }));
    write([2, 1], BigInt64Array.of(5n, -1n));
    expect([...(await readLabels(path))]).to.deep.equal([5, -1]);
    write([2, 2], new Float64Array(4));
    await refused(() => readLabels(path), 'E_DATA', /shape \(2, 2\); labels are one integer per instance/);
    write([2], Float64Array.of(1, 1.5));
    await refused(() => readLabels(path), 'E_DATA', /element 1: 1\.5 is no integer/);
    write([2], Float64Array.of(1, -3));
    await refused(() => readLabels(path), 'E_DATA', /element 1: -3 is no label/);
    const npz = folder.path('v.npz');
    const vector = { shape: [1], data: Int32Array.of(9) };
    await writeNpz(npz, [
      ['a', vector],
      ['b', vector],
    ]);
    await refused(() => readLabels(npz), 'E_DATA', /several vectors: a, b; call the one that is meant "labels"/);
    expect([...(await readLabels(npz, 1, 'b'))]).to.deep.equal([9]);
    await refused(() => readLabels(folder.path('x.csv')), 'E_FILE', /none of \.meta/);
    await refused(() => readLabels(folder.path('absent.meta')), 'E_FILE', /no such file/);
  });
});
