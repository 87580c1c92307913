import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { SchemaElement } from 'hyparquet';
import { ByteWriter, parquetWrite } from 'hyparquet-writer';
import { readFaceNames } from '../../src/pipeline/face-names.js';
import { hashFile } from '../../src/formats/atomic.js';
import { inspectFeatures, readFeatures, readRawFeatures } from '../../src/formats/features-file.js';
import { readParquetIds } from '../../src/formats/parquet-matrix.js';
import { createRandom } from '../../src/stages/random.js';
import { refused, temporaryFolder } from './temporary.js';

type Column = Parameters<typeof parquetWrite>[0]['columnData'][number];

const list = (name: string, type: 'FLOAT' | 'DOUBLE' = 'FLOAT'): SchemaElement[] => [
  { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', repetition_type: 'OPTIONAL', type },
];
const text = (name: string): SchemaElement => ({
  name,
  type: 'BYTE_ARRAY',
  converted_type: 'UTF8',
  repetition_type: 'OPTIONAL',
});

describe('features in .parquet', () => {
  const folder = temporaryFolder();
  const path = (): string => folder.path('faces.parquet');

  function write(columnData: Column[], schema?: SchemaElement[], more: object = {}): void {
    const writer = new ByteWriter();
    const root = { name: 'root', num_children: columnData.length };
    void parquetWrite({ writer, columnData, ...(schema === undefined ? {} : { schema: [root, ...schema] }), ...more });
    writeFileSync(path(), writer.getBytes());
  }

  async function rows(): Promise<number[][]> {
    const features = await readRawFeatures(path());
    expect(await inspectFeatures(path())).to.deep.equal({ n: features.n, dim: features.dim });
    return Array.from({ length: features.n }, (_, i) => [...features.row(i)]);
  }

  const given = [
    [0.5, -1, 2],
    [4, 0.25, -0.125],
    [1, 2, 3],
  ];

  for (const type of ['FLOAT', 'DOUBLE'] as const) {
    it(`reads a column of lists of ${type}, and names beside it`, async () => {
      write(
        [
          { name: 'path', data: ['a/1.jpg', null, 'c\n3.jpg'] },
          { name: 'embedding', data: given },
        ],
        [text('path'), ...list('embedding', type)],
      );
      expect(await rows()).to.deep.equal(given);
      expect(await readParquetIds(path())).to.deep.equal(['a/1.jpg', '', 'c\n3.jpg']);
      expect((await readFaceNames({ features: path() }, 3)).ids).to.deep.equal(['a/1.jpg', '', 'c 3.jpg']);
    });
  }

  it('reads columns of numbers of every kind, apart from names', async () => {
    write([
      { name: 'id', data: [7n, 8n, 9n], type: 'INT64' },
      { name: 'x', data: [0.5, 4, 1], type: 'FLOAT' },
      { name: 'person', data: ['a', 'b', 'b'], type: 'STRING' },
      { name: 'y', data: [-1, null, 2], type: 'DOUBLE' },
      { name: 'z', data: [2, 5, 3], type: 'INT32', encoding: 'DELTA_BINARY_PACKED' },
    ]);
    expect(await rows()).to.deep.equal([
      [0.5, -1, 2],
      [4, NaN, 5],
      [1, 2, 3],
    ]);
    expect(await readParquetIds(path())).to.deep.equal(['7', '8', '9']);
  });

  it('reads several groups and pages, whatever their compression', async () => {
    const random = createRandom(3);
    const values = Array.from({ length: 700 }, () => Array.from({ length: 50 }, () => Math.fround(random.normal())));
    const few = Array.from({ length: 700 }, (_, i) => i % 3);
    for (const codec of ['SNAPPY', 'UNCOMPRESSED', 'GZIP'] as const) {
      const compressors = { GZIP: (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes)) };
      const more = { codec, compressors, rowGroupSize: 300, pageSize: 4096 };
      write([{ name: 'embedding', data: values }], list('embedding'), more);
      const { features, hash } = await readFeatures(path(), { normalise: false });
      for (const i of [0, 1, 299, 300, 699]) expect([...features.row(i)], `${codec} ${i}`).to.deep.equal(values[i]);
      expect(hash).to.equal(await hashFile(path()));
      write(
        [
          { name: 'f0', data: Float32Array.from(values, ([first]) => first), type: 'FLOAT' },
          { name: 'f1', data: few, type: 'INT32' },
        ],
        undefined,
        more,
      );
      expect(await rows()).to.deep.equal(values.map(([first], i) => [first, few[i]]));
    }
  });

  it('takes a null, an absent list and an empty one for no embedding', async () => {
    write([{ name: 'features', data: [[1, 0], null, [], [null, 2], [0, 2]] }], list('features'));
    const { features, kept } = await readFeatures(path(), { onInvalid: 'drop' });
    expect([...kept!]).to.deep.equal([0, 4]);
    expect([...features.row(1)]).to.deep.equal([0, 1]);
  });

  it('takes the lists that are called features where there are several', async () => {
    const lists = [
      { name: 'box', data: [[1, 2]] },
      { name: 'Embedding', data: [[3, 4, 5]] },
    ];
    write(lists, [...list('box'), ...list('Embedding')]);
    expect(await rows()).to.deep.equal([[3, 4, 5]]);
    write([lists[0], { name: 'more', data: [[1]] }], [...list('box'), ...list('more')]);
    await refused(rows, 'E_DATA', /several columns of lists: "box", "more"; call the one that is meant "features"/);
  });

  it('says what is wrong, and in which column', async () => {
    write([{ name: 'person', data: ['a'] }], [text('person')]);
    await refused(rows, 'E_DATA', /no column of numbers .*only "person" \(utf8\); write the embeddings/);
    for (const [bad, found] of [
      [[5], '1 numbers'],
      [[5, 6, 7, 8], 'more than 3 numbers'],
    ] as const) {
      write([{ name: 'v', data: [...given, bad, [1, 1, 1]] }], list('v'));
      await refused(rows, 'E_DATA', new RegExp(`column "v" row 3: has ${found}, and the first list 3`));
    }
    write([{ name: 'v', data: [[], null] }], list('v'));
    await refused(rows, 'E_DATA', /column "v": all its lists are empty/);
    write([{ name: 'x', data: [1.5, 2], type: 'FLOAT' }], undefined, {
      codec: 'LZ4_RAW',
      compressors: { LZ4_RAW: (bytes: Uint8Array) => bytes },
    });
    await refused(rows, 'E_FILE', /column "x": is compressed by LZ4_RAW; write it with snappy/);
    write([{ name: 'x', data: [], type: 'FLOAT' }]);
    await refused(rows, 'E_DATA', /holds no rows/);
  });

  it('refuses what is no Parquet, and what was cut off', async () => {
    writeFileSync(path(), 'id,x\n1,2\n3,4\n5,6\n');
    await refused(rows, 'E_FILE', /faces\.parquet: is no Parquet that can be read: .*; write it again/);
    write([{ name: 'embedding', data: given }], list('embedding'));
    const whole = readFileSync(path());
    for (const length of [5, whole.length - 1]) {
      writeFileSync(path(), whole.subarray(0, length));
      await refused(rows, 'E_FILE', /faces\.parquet: is no Parquet/);
    }
    writeFileSync(path(), '');
    await refused(rows, 'E_FILE', /faces\.parquet: is empty; write it again$/);
    const broken = Buffer.from(whole);
    broken.fill(0xff, 4, 40);
    writeFileSync(path(), broken);
    await refused(rows, 'E_FILE', /faces\.parquet/);
  });
});
