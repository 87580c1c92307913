import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { convertFile } from '../../src/formats/convert.js';
import { readFeatures } from '../../src/formats/features-file.js';
import { readKnn, readReferenceKnn } from '../../src/formats/knn-npz.js';
import { readLabels } from '../../src/formats/labels-file.js';
import { formatNpy } from '../../src/formats/npy.js';
import { readNpz, writeNpz } from '../../src/formats/npz.js';
import { readWeights } from '../../src/formats/weights.js';
import { golden, refused, temporaryFolder } from './temporary.js';

describe('convert', () => {
  const folder = temporaryFolder();

  it('takes features through .npy and .npz back to the same .bin', async () => {
    const [npy, npz, bin] = ['f.npy', 'f.npz', 'f.bin'].map(folder.path) as [string, string, string];
    expect(await convertFile(golden('data/synth2k.bin'), npy, { dim: 256 })).to.deep.equal({
      kind: 'features',
      input: golden('data/synth2k.bin'),
      output: npy,
      size: '2000 x 256',
    });
    await convertFile(npy, npz);
    await convertFile(npz, bin);
    expect(Buffer.compare(readFileSync(bin), readFileSync(golden('data/synth2k.bin')))).to.equal(0);
  });

  it('keeps rows that can not be normalised', async () => {
    writeFileSync(folder.path('odd.npy'), formatNpy({ shape: [2, 2], data: Float32Array.of(0, 0, NaN, 1) }));
    await convertFile(folder.path('odd.npy'), folder.path('odd.bin'));
    expect([...new Float32Array(Uint8Array.from(readFileSync(folder.path('odd.bin'))).buffer)]).to.deep.equal([
      0,
      0,
      NaN,
      1,
    ]);
  });

  it('takes labels through .npy and .npz back to the same .meta', async () => {
    const [npy, npz, meta] = ['l.npy', 'l.npz', 'l.meta'].map(folder.path) as [string, string, string];
    expect((await convertFile(golden('data/synth2k.meta'), npy)).kind).to.equal('labels');
    await convertFile(npy, npz);
    expect((await convertFile(npz, meta)).size).to.equal('2000');
    expect([...(await readLabels(meta))]).to.deep.equal([...(await readLabels(golden('data/synth2k.meta')))]);
  });

  it('takes weights from every container to .safetensors and .npz, and back', async () => {
    const expected = await readWeights(golden('dsgcn/gcnd_random.npz'));
    for (const source of ['gcnd_random.pth', 'gcnd_random_mmcv_module.pth', 'gcnd_random_legacy.pth']) {
      const [safetensors, npz] = [folder.path('w.safetensors'), folder.path('w.npz')];
      expect(await convertFile(golden(`dsgcn/${source}`), safetensors)).to.include({
        kind: 'weights',
        size: '4 tensors',
      });
      await convertFile(safetensors, npz);
      await convertFile(npz, folder.path('w2.safetensors'));
      const back = await readWeights(folder.path('w2.safetensors'));
      expect([...back.keys()].sort()).to.deep.equal([...expected.keys()].sort());
      for (const [name, tensor] of back) expect(tensor).to.deep.equal(expected.get(name));
    }
  });

  it('turns knn files of one form into the other, or into the form asked for', async () => {
    const [own, back, again] = ['k1.npz', 'k2.npz', 'k3.npz'].map(folder.path) as [string, string, string];
    const source = golden('data/faiss_k_30.npz');
    expect((await convertFile(source, own)).size).to.equal('2000 x 29 neighbours, l2c form');
    expect([...(await readNpz(own)).keys()]).to.deep.equal(['ids', 'similarities']);
    await convertFile(own, back);
    expect((await readReferenceKnn(back)).k).to.equal(30);
    expect((await convertFile(golden('data/hnsw_k_30.npz'), again, { knnForm: 'reference' })).size).to.match(
      /reference form/,
    );
    const [a, b] = [await readKnn(source), await readKnn(back)];
    expect(Buffer.compare(Buffer.from(a.ids.buffer), Buffer.from(b.ids.buffer))).to.equal(0);
  });

  it('picks an array by key, or by what the output can hold', async () => {
    const path = folder.path('set.npz');
    await writeNpz(path, [
      ['features', { shape: [2, 2], data: Float32Array.of(1, 0, 0, 1) }],
      ['other', { shape: [2, 1], data: Float32Array.of(5, 6) }],
      ['labels', { shape: [2], data: Int32Array.of(4, 4) }],
    ]);
    await convertFile(path, folder.path('set.bin'));
    expect((await readFeatures(folder.path('set.bin'), { dim: 2 })).features.n).to.equal(2);
    await convertFile(path, folder.path('set.meta'));
    expect([...(await readLabels(folder.path('set.meta')))]).to.deep.equal([4, 4]);
    await convertFile(path, folder.path('other.meta'), { key: 'other' });
    expect([...(await readLabels(folder.path('other.meta')))]).to.deep.equal([5, 6]);
  });

  it('refuses pairs that make no sense, with what is possible, and writes nothing', async () => {
    const cases: [string, string, RegExp][] = [
      [
        'data/synth2k.bin',
        'x.safetensors',
        /holds features, which is not written as \.safetensors; convert features to \.bin, \.npy, \.npz/,
      ],
      ['data/synth2k.meta', 'x.bin', /holds labels.*convert labels to \.meta, \.txt, \.npy, \.npz/],
      ['dsgcn/gcnd_random.pth', 'x.pth', /convert weights to \.safetensors, \.npz/],
      ['dsgcn/gcnd_random.pth', 'x', /which is not written as a file without extension/],
      ['data/faiss_k_30.npz', 'x.npy', /holds knn.*convert knn to \.npz/],
      ['dsgcn/info.json', 'x.npy', /l2c does not read \.json; it reads \.bin, \.npy/],
    ];
    for (const [input, output, message] of cases) {
      await refused(() => convertFile(golden(input), folder.path(output)), 'E_USAGE', message);
      expect(existsSync(folder.path(output))).to.equal(false);
    }
    await refused(() => convertFile(golden('data/synth2k.bin'), folder.path('x.npy')), 'E_DATA', /give dim/);
    await refused(() => convertFile(folder.path('absent.npy'), folder.path('x.bin')), 'E_FILE', /no such file/);
  });
});
