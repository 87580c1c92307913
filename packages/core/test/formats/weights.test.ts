import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { writeNpz } from '../../src/formats/npz.js';
import { parsePth, readPth } from '../../src/formats/pth.js';
import { formatSafetensors, parseSafetensors, readSafetensors } from '../../src/formats/safetensors.js';
import { readWeights, writeWeights } from '../../src/formats/weights.js';
import type { Tensor } from '../../src/stages/interfaces.js';
import { golden, refused, temporaryFolder } from './temporary.js';

const fixtures = JSON.parse(readFileSync(new URL('fixtures/torch.json', import.meta.url), 'utf8')) as Record<
  string,
  string
>;
const bytesOf = (name: string): Buffer => Buffer.from(fixtures[name], 'base64');

describe('torch checkpoints', () => {
  it('reads the same tensors from all five golden containers', async () => {
    const expected = await readWeights(golden('dsgcn/gcnd_random.npz'));
    expect(expected.size).to.equal(4);
    expect([...expected.values()].map(({ values }) => values.length)).to.have.members([16384, 2048, 32, 1]);
    for (const name of ['', '_legacy', '_mmcv_legacy', '_mmcv_module']) {
      const tensors = await readPth(golden(`dsgcn/gcnd_random${name}.pth`));
      expect([...tensors.keys()]).to.have.members([...expected.keys()]);
      for (const [key, tensor] of tensors) {
        expect(tensor.shape).to.deep.equal(expected.get(key)!.shape);
        expect(
          Buffer.compare(Buffer.from(tensor.values.buffer), Buffer.from(expected.get(key)!.values.buffer)),
          `${name} ${key}`,
        ).to.equal(0);
        expect(tensor.values.buffer).to.be.instanceOf(ArrayBuffer);
      }
    }
  });

  for (const container of ['zip', 'legacy']) {
    it(`honours types, strides and offsets, ${container}`, () => {
      const tensors = parsePth(bytesOf(container), 'a.pth');
      const found = Object.fromEntries([...tensors].map(([name, { shape, values }]) => [name, [shape, [...values]]]));
      expect(found).to.deep.equal({
        plain: [
          [3, 4],
          [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
        ],
        transposed: [
          [3, 2],
          [0, 3, 1, 4, 2, 5],
        ],
        offset: [[4], [4, 5, 6, 7]],
        columns: [
          [3, 2],
          [1, 2, 5, 6, 9, 10],
        ],
        expanded: [
          [2, 3],
          [7, 7, 7, 7, 7, 7],
        ],
        half: [[2], [1, -2.5]],
        bfloat16: [[2], [1, -2.5]],
        double: [[2], [0.5, 3]],
        int64: [[], [42]],
        int32: [[1], [-5]],
        uint8: [[1], [255]],
        bool: [[2], [1, 0]],
        parameter: [
          [1, 2],
          [1, 2],
        ],
        empty: [[0, 3], []],
      });
    });

    it(`refuses it cut short or damaged anywhere, ${container}`, async () => {
      const bytes = bytesOf(container);
      for (let length = 0; length < bytes.length; length += 37) {
        await refused(() => parsePth(bytes.subarray(0, length), 'a.pth'), 'E_FILE', /^a\.pth/);
      }
      // flipped bits may go unnoticed in a container without checksums, but never end in anything but an E_FILE
      for (let at = 0; at < bytes.length; at += 11) {
        const flipped = Buffer.from(bytes);
        flipped[at] ^= 0x55;
        try {
          parsePth(flipped, 'a.pth');
        } catch {
          await refused(() => parsePth(flipped, 'a.pth'), 'E_FILE', /^a\.pth/);
        }
      }
    });
  }

  it('refuses what is no state dict', async () => {
    await refused(
      () => parsePth(bytesOf('model'), 'm.pth'),
      'E_FILE',
      /holds a pickled .*, not a state dict; in Python, torch\.save\(model\.state_dict/,
    );
    await refused(() => parsePth(bytesOf('number'), 'm.pth'), 'E_FILE', /holds no dictionary/);
    await refused(() => parsePth(Buffer.from('hello'), 'm.pth'), 'E_FILE', /no checkpoint of torch\.save/);
    await refused(() => parsePth(readFileSync(golden('data/l2norm.npz')), 'm.pth'), 'E_FILE', /without data\.pkl/);
    await refused(() => parsePth(Buffer.from('\x80\x02}.', 'latin1'), 'm.pth'), 'E_FILE', /no checkpoint/);
    await refused(() => readPth(golden('dsgcn/absent.pth')), 'E_FILE', /no such file/);
  });
});

describe('safetensors', () => {
  const tensors = new Map<string, Tensor>([
    ['b.weight', { shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5, -6.5) }],
    ['a.größe', { shape: [], values: Float32Array.of(7) }],
    ['__proto__', { shape: [1], values: Float32Array.of(1e-40) }],
    ['empty', { shape: [0, 5], values: new Float32Array(0) }],
  ]);
  /** A file with a header of our choosing. */
  const file = (header: unknown, body: Uint8Array = new Uint8Array(0)): Buffer => {
    const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    return Buffer.concat([length, text, body]);
  };
  const entry = (dtype: string, shape: number[], data_offsets: number[]) => ({ dtype, shape, data_offsets });

  it('writes and reads back tensors and metadata', () => {
    const bytes = Buffer.concat([...formatSafetensors(tensors, { epochs: '3', model: 'gcn-v' })]);
    expect(Number(bytes.readBigUInt64LE(0)) % 8).to.equal(0);
    const back = parseSafetensors(bytes, 'a');
    expect(back.metadata).to.deep.equal({ epochs: '3', model: 'gcn-v' });
    expect([...back.tensors]).to.deep.equal([...tensors]);
    const none = parseSafetensors(Buffer.concat([...formatSafetensors(new Map())]), 'a');
    expect([none.tensors.size, none.metadata]).to.deep.equal([0, {}]);
    expect(() => [...formatSafetensors(new Map([['a', { shape: [2], values: new Float32Array(3) }]]))]).to.throw(
      RangeError,
    );
  });

  it('converts other types', () => {
    const cases: [string, Uint8Array, number[]][] = [
      ['F64', new Uint8Array(Float64Array.of(0.5).buffer), [0.5]],
      ['F16', Uint8Array.of(0x00, 0xc1), [-2.5]],
      ['BF16', Uint8Array.of(0x20, 0xc0), [-2.5]],
      ['I64', new Uint8Array(BigInt64Array.of(-3n).buffer), [-3]],
      ['I32', new Uint8Array(Int32Array.of(-3).buffer), [-3]],
      ['U8', Uint8Array.of(255), [255]],
      ['BOOL', Uint8Array.of(1), [1]],
    ];
    for (const [dtype, body, expected] of cases) {
      const { tensors } = parseSafetensors(file({ x: entry(dtype, [1], [0, body.length]) }, body), 'a');
      expect([...tensors.get('x')!.values], dtype).to.deep.equal(expected);
    }
  });

  it('refuses headers that do not agree with the file', async () => {
    const f4 = new Uint8Array(4);
    const huge = Buffer.alloc(16, 0xff);
    const cases: [Buffer, RegExp][] = [
      [Buffer.alloc(3), /too short/],
      [huge, /or cut short: a header of/],
      [file('{"x"'), /no JSON/],
      [file('[1]'), /no JSON object/],
      [file({ x: 1 }), /a x: has no shape and extent/],
      [file({ x: entry('F32', [-1], [0, 4]) }, f4), /no shape and extent/],
      [file({ x: entry('F32', [1], [4, 0]) }, f4), /no shape and extent/],
      [file({ x: entry('F32', [2], [0, 4]) }, f4), /2 of F32 do not take 4 bytes/],
      [file({ x: entry('F32', [2 ** 30, 2 ** 30], [0, 4]) }, f4), /do not take 4 bytes/],
      [file({ x: entry('C64', [1], [0, 8]) }, new Uint8Array(8)), /is of type C64/],
      [file({ x: { dtype: [[1]], shape: [1], data_offsets: [0, 4] } }, f4), /is of type no name/],
      [file({ x: entry('toString', [1], [0, 8]) }, new Uint8Array(8)), /is of type toString/],
      [file({ x: entry('F32', [1], [0, 4]) }), /its tensors take 4 bytes, there are 0/],
      [file({ x: entry('F32', [1], [0, 4]) }, new Uint8Array(8)), /its tensors take 4 bytes, there are 8/],
      [
        file({ x: entry('F32', [1], [0, 4]), y: entry('F32', [1], [0, 4]) }, f4),
        /starts at 0, the one before ends at 4/,
      ],
      [file({ x: entry('F32', [1], [4, 8]) }, new Uint8Array(8)), /starts at 4, the one before ends at 0/],
    ];
    for (const [bytes, message] of cases) await refused(() => parseSafetensors(bytes, 'a'), 'E_FILE', message);
  });
});

describe('weights', () => {
  const folder = temporaryFolder();

  it('writes and reads .safetensors and .npz, and reads checkpoints by any of their names', async () => {
    const tensors = await readWeights(golden('dsgcn/gcnd_random.pth'));
    for (const extension of ['safetensors', 'npz']) {
      const path = folder.path(`w.${extension}`);
      await writeWeights(path, tensors, { from: 'golden' });
      const back = await readWeights(path);
      expect([...back]).to.deep.equal([...tensors]);
      for (const { values } of back.values()) expect(values.buffer).to.be.instanceOf(ArrayBuffer);
    }
    expect((await readSafetensors(folder.path('w.safetensors'))).metadata).to.deep.equal({ from: 'golden' });
    for (const name of ['x.pt', 'x.pth.tar']) {
      writeFileSync(folder.path(name), readFileSync(golden('dsgcn/gcnd_random.pth')));
      expect([...(await readWeights(folder.path(name)))]).to.deep.equal([...tensors]);
    }
    await refused(() => readWeights(folder.path('w.bin')), 'E_FILE', /none of \.safetensors/);
    await refused(() => writeWeights(folder.path('w.pth'), tensors), 'E_OUTPUT', /\.safetensors and \.npz/);
  });

  it('names every tensor that is not finite', async () => {
    const path = folder.path('nan.npz');
    const array = (value: number) => ({ shape: [2], data: Float32Array.of(1, value) });
    await writeNpz(path, [
      ['good', array(1)],
      ['bad', array(NaN)],
      ['worse', array(Infinity)],
    ]);
    await refused(
      () => readWeights(path),
      'E_WEIGHTS',
      /^\S*nan\.npz bad: holds NaN.*diverged.*\n\S*nan\.npz worse: holds NaN[^\n]*$/,
    );
  });
});
