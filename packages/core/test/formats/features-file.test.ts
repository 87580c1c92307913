import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { Features, normalise } from '../../src/data/features.js';
import { fromFloat16, toFloat16 } from '../../src/data/half-floats.js';
import { cleanRows } from '../../src/formats/clean-rows.js';
import { inspectFeatures, readFeatures, readRawFeatures, writeFeatures } from '../../src/formats/features-file.js';
import { formatNpy, type NpyData } from '../../src/formats/npy.js';
import { readNpz, writeNpz } from '../../src/formats/npz.js';
import { golden, refused, temporaryFolder } from './temporary.js';

const values = (features: Features): number[] => features.blocks.flatMap((block) => [...block]);
const bytesOf = (data: NpyData): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

describe('features files', () => {
  const folder = temporaryFolder();
  const write = (name: string, bytes: Uint8Array): string => {
    writeFileSync(folder.path(name), bytes);
    return folder.path(name);
  };
  const raw = { normalise: false };

  it('reads the golden .bin, and its hash', async () => {
    const path = golden('data/synth2k.bin');
    const { features, kept, hash } = await readFeatures(path, { dim: 256, normalise: false });
    expect([features.n, features.dim, kept]).to.deep.equal([2000, 256, undefined]);
    const bytes = readFileSync(path);
    expect(
      Buffer.compare(
        Buffer.from(features.blocks[0]),
        Buffer.from(new Float32Array(bytes.buffer, bytes.byteOffset, 512000)),
      ),
    ).to.equal(0);
    expect(hash).to.equal(createHash('sha256').update(bytes).digest('hex'));
    expect(features.blocks[0].buffer).to.be.instanceOf(SharedArrayBuffer);
  });

  it('normalises as the reference does, by default', async () => {
    const l2norm = await readNpz(golden('data/l2norm.npz'));
    const keys = [...l2norm.keys()].filter((key) => key !== 'raw');
    const path = write('raw.bin', bytesOf(l2norm.get('raw')!.data));
    const { features } = await readFeatures(path, { dim: 24 });
    const expected = l2norm.get(keys[0])!.data as Float32Array;
    values(features).forEach((value, i) => expect(value).to.be.closeTo(expected[i], 1e-7));
    expect(values(features)).to.deep.equal(values(normalise(await readRawFeatures(path, { dim: 24 }))));
    expect((await readFeatures(golden('data/l2norm.npz'), { key: 'raw' })).features.blocks).to.deep.equal(
      features.blocks,
    );
  });

  it('converts every element type, byte order and memory order', async () => {
    const numbers = [1, -2, 3, 4, 0, 6];
    const expected = Features.from(numbers, 3).blocks;
    const arrays: NpyData[] = [
      Float64Array.from(numbers),
      Int8Array.from(numbers),
      Int16Array.from(numbers),
      Int32Array.from(numbers),
      BigInt64Array.from(numbers.map(BigInt)),
      Float32Array.from(numbers),
    ];
    for (const data of arrays) {
      const path = write('typed.npy', formatNpy({ shape: [2, 3], data }));
      expect((await readFeatures(path, raw)).features.blocks, data.constructor.name).to.deep.equal(expected);
    }
    const text = Buffer.from(formatNpy({ shape: [2, 3], data: Float32Array.of(1, 4, -2, 0, 3, 6) }));
    const replaced = text.toString('latin1').replace("'fortran_order': False", "'fortran_order': True ");
    const fortran = write('fortran.npy', Buffer.from(replaced, 'latin1'));
    expect((await readFeatures(fortran, raw)).features.blocks).to.deep.equal(expected);
    const half = Buffer.from(
      formatNpy({ shape: [2, 3], data: Uint16Array.of(0x3c00, 0xc000, 0x4200, 0x4400, 0, 0x4600) }),
    );
    const float16 = write('half.npy', Buffer.from(half.toString('latin1').replace('<u2', '<f2'), 'latin1'));
    expect((await readFeatures(float16, raw)).features.blocks).to.deep.equal(expected);
    const big = Buffer.from(Buffer.from(half.toString('latin1').replace('<u2', '>f2'), 'latin1'));
    big.subarray(128).swap16();
    expect((await readFeatures(write('big.npy', big), raw)).features.blocks).to.deep.equal(expected);
  });

  it('writes and reads back .bin, .npy and .npz', async () => {
    const data = Float32Array.from({ length: 70001 * 17 }, (_, i) => ((i * 7919) % 1000) / 999);
    const features = Features.from(data, 17);
    for (const extension of ['bin', 'npy', 'npz']) {
      const path = folder.path(`round.${extension}`);
      await writeFeatures(path, features);
      const dim = extension === 'bin' ? { dim: 17 } : {};
      expect(await inspectFeatures(path, dim)).to.deep.equal({ n: 70001, dim: 17 });
      const back = await readFeatures(path, { ...dim, ...raw });
      expect(back.hash).to.equal(createHash('sha256').update(readFileSync(path)).digest('hex'));
      expect(Buffer.compare(bytesOf(back.features.blocks[0]), bytesOf(features.blocks[0])), extension).to.equal(0);
    }
    // deflated members arrive in chunks that split numbers
    await writeNpz(folder.path('packed.npz'), [['x', { shape: [70001, 17], data }]], { compress: true });
    const packed = await readFeatures(folder.path('packed.npz'), raw);
    expect(Buffer.compare(bytesOf(packed.features.blocks[0]), bytesOf(data))).to.equal(0);
    await refused(() => writeFeatures(folder.path('x.csv'), features), 'E_OUTPUT', /\.bin, \.npy and \.npz/);
  });

  it('names a dim that does not fit, and dims that would', async () => {
    const path = write('a.bin', new Uint8Array(4 * 384 * 3));
    await refused(
      () => inspectFeatures(path),
      'E_DATA',
      /no header.*dims that would fit: 64, 96, 128, 192, 384; give dim/,
    );
    await refused(
      () => inspectFeatures(path, { dim: 500 }),
      'E_DATA',
      /1152 float32 numbers, which are no whole rows of 500: 2 rows and 152 numbers over/,
    );
    await refused(() => inspectFeatures(path, { dim: 0 }), 'E_DATA', /dim 0 is no positive integer/);
    await refused(
      () => inspectFeatures(write('odd.bin', new Uint8Array(7)), { dim: 1 }),
      'E_FILE',
      /7 bytes are no whole float32/,
    );
    const npy = write('a.npy', formatNpy({ shape: [3, 4], data: new Float32Array(12) }));
    await refused(() => inspectFeatures(npy, { dim: 5 }), 'E_DATA', /have 4 dimensions, not 5; set dim to 4/);
  });

  it('refuses no rows, no dimensions, vectors, text, unknown extensions, absent and truncated files', async () => {
    await refused(() => readFeatures(write('empty.bin', new Uint8Array(0)), { dim: 4 }), 'E_DATA', /holds no rows/);
    const shapes: [number[], RegExp][] = [
      [[0, 4], /holds no rows/],
      [[4, 0], /no dimensions/],
      [[4], /is of shape \(4\); features are a matrix/],
      [[], /is a scalar/],
      [[2, 2, 1], /shape \(2, 2, 1\)/],
    ];
    for (const [shape, message] of shapes) {
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      await refused(() => inspectFeatures(write('shape.npy', formatNpy({ shape, data }))), 'E_DATA', message);
    }
    const text = write('text.npy', formatNpy({ shape: [1, 1], data: Uint32Array.of(65), content: 'text' }));
    await refused(() => inspectFeatures(text), 'E_FILE', /no plain numbers/);
    await refused(() => inspectFeatures(write('a.tsv', Buffer.from('1,2'))), 'E_FILE', /none of \.bin, \.npy, \.npz/);
    await refused(() => readFeatures(folder.path('absent.bin'), { dim: 2 }), 'E_FILE', /absent\.bin: no such file/);
    const whole = formatNpy({ shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) });
    await refused(() => inspectFeatures(write('cut.npy', whole.subarray(0, whole.length - 3))), 'E_FILE', /cut short/);
    await refused(() => inspectFeatures(write('cut.npy', whole.subarray(0, 40))), 'E_FILE', /ends within its header/);
    await refused(() => inspectFeatures(write('not.npy', Buffer.from('no'))), 'E_FILE', /not an \.npy/);
  });

  it('finds the matrix of an .npz, or asks for a key', async () => {
    const matrix = { shape: [1, 2], data: Float32Array.of(3, 4) };
    const vector = { shape: [2], data: Float32Array.of(1, 1) };
    const path = folder.path('keys.npz');
    await writeNpz(path, [
      ['v', vector],
      ['m', matrix],
    ]);
    expect(values((await readFeatures(path)).features)).to.deep.equal([Math.fround(0.6), Math.fround(0.8)]);
    await refused(() => readFeatures(path, { key: 'v' }), 'E_DATA', /keys\.npz v: is of shape \(2\)/);
    await writeNpz(path, [
      ['a', matrix],
      ['b', matrix],
    ]);
    await refused(() => readFeatures(path), 'E_DATA', /several matrices: a, b; call the one that is meant "features"/);
    await refused(() => readFeatures(path, { key: 'c' }), 'E_FILE', /no array "c"; it holds a, b/);
    await writeNpz(path, [
      ['a', matrix],
      ['features', matrix],
    ]);
    expect(await inspectFeatures(path)).to.deep.equal({ n: 1, dim: 2 });
    await writeNpz(path, [['v', vector]]);
    await refused(() => inspectFeatures(path), 'E_DATA', /holds no matrix; its arrays: v/);
  });

  it('names rows that are not finite or zero, and can drop them', async () => {
    const rows = [3, 4, NaN, 1, 0, 0, 6, 8, 1, -Infinity, 0, 5];
    const path = write('bad.bin', bytesOf(Float32Array.from(rows)));
    await refused(
      () => readFeatures(path, { dim: 2 }),
      'E_DATA',
      /rows 1, 4: NaN or infinite; .*onInvalid: drop\n.*row 2: zero.*normalise: false/,
    );
    await refused(
      () => readFeatures(path, { dim: 2, normalise: false }),
      'E_DATA',
      /rows 1, 4: NaN or infinite[^\n]*$/,
    );
    const dropped = await readFeatures(path, { dim: 2, onInvalid: 'drop' });
    expect([...dropped.kept!]).to.deep.equal([0, 3, 5]);
    expect(values(dropped.features)).to.deep.equal([0.6, 0.8, 0.6, 0.8, 0, 1].map(Math.fround));
    expect(dropped.features.blocks[0].buffer.byteLength).to.equal(24);
    const kept = await readFeatures(path, { dim: 2, onInvalid: 'drop', normalise: false });
    expect([...kept.kept!]).to.deep.equal([0, 2, 3, 5]);
    const many = write('many.bin', new Uint8Array(4 * 7));
    await refused(
      () => readFeatures(many, { dim: 1 }),
      'E_DATA',
      /rows 0, 1, 2, 3, 4, \.\.\.: zero.*\(7 rows, counted from 0\)/,
    );
    await refused(() => readFeatures(many, { dim: 1, onInvalid: 'drop' }), 'E_DATA', /has no valid row/);
  });

  it('rounds to float16 after rows are normalised, whatever the form of the file', async () => {
    const rows = [30, 40, NaN, 1, 3, 4, 0, -2e6];
    const bin = write('halves.bin', bytesOf(Float32Array.from(rows)));
    const read = { dim: 2, onInvalid: 'drop', storage: 'float16' } as const;
    const { features, kept } = await readFeatures(bin, read);
    expect(features.storage).to.equal('float16');
    expect([...kept!]).to.deep.equal([0, 2, 3]);
    const half = (value: number): number => fromFloat16(toFloat16(Float32Array.of(value)))[0];
    const expected = [0.6, 0.8, 0.6, 0.8, 0, -1].map(half);
    expect(values(features)).to.deep.equal(expected);
    const columns = [30, NaN, 3, 0, 40, 1, 4, -2e6];
    const text = Buffer.from(formatNpy({ shape: [4, 2], data: Float32Array.from(columns) })).toString('latin1');
    const fortran = write(
      'halves.npy',
      Buffer.from(text.replace("'fortran_order': False", "'fortran_order': True "), 'latin1'),
    );
    const other = await readFeatures(fortran, read);
    expect([other.features.storage, ...values(other.features)]).to.deep.equal(['float16', ...expected]);
    const one = await readFeatures(bin, { ...read, rows: Int32Array.of(3) });
    expect([...one.kept!, ...values(one.features)]).to.deep.equal([3, 0, -1]);
  });

  it('drops rows across blocks', () => {
    const rows = Array.from({ length: 23 }, (_, i) => (i % 3 === 1 ? [NaN, 1] : [i, 1]));
    const features = Features.allocate(23, 2, 32); // 4 rows a block
    rows.forEach((row, i) => features.row(i).set(row));
    const { features: clean, kept } = cleanRows(features, { normalise: false, onInvalid: 'drop' }, 'x');
    const expected = rows.filter((_, i) => i % 3 !== 1);
    expect([...kept!]).to.deep.equal(expected.map((row) => row[0]));
    expect(clean.n).to.equal(15);
    expected.forEach((row, i) => expect([...clean.row(i)]).to.deep.equal(row));
  });
});
