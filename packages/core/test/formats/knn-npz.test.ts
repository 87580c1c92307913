import { expect } from 'chai';
import { allocateKnnGraph, assertKnnGraph, type KnnGraph } from '../../src/data/knn-graph.js';
import { knnForm, readKnn, readReferenceKnn, writeKnn } from '../../src/formats/knn-npz.js';
import type { NpyArray } from '../../src/formats/npy.js';
import { readNpz, writeNpz } from '../../src/formats/npz.js';
import { golden, refused, temporaryFolder } from './temporary.js';

/** Rows of [id, similarity] pairs. */
const rows = ({ n, k, ids, similarities }: KnnGraph): [number, number][][] =>
  Array.from({ length: n }, (_, i) => Array.from({ length: k }, (_, e) => [ids[i * k + e], similarities[i * k + e]]));

/** The reference's table of [ids, distances] per row. */
function table(entries: [number[], number[]][]): NpyArray {
  return { shape: [entries.length, 2, entries[0][0].length], data: Float64Array.from(entries.flat(2)) };
}

describe('knn files', () => {
  const folder = temporaryFolder();
  const write = async (data: NpyArray): Promise<string> => {
    await writeNpz(folder.path('knn.npz'), [['data', data]]);
    return folder.path('knn.npz');
  };

  for (const k of [30, 80]) {
    it(`reads the golden table of k = ${k}: itself left out, best first`, async () => {
      const path = golden(`data/faiss_k_${k}.npz`);
      const { data } = (await readNpz(path)).get('data')!;
      const raw = await readReferenceKnn(path);
      const graph = await readKnn(path);
      expect([raw.n, raw.k, graph.n, graph.k]).to.deep.equal([2000, k, 2000, k - 1]);
      assertKnnGraph(graph);
      for (let i = 0; i < 2000; i++) {
        const expected: [number, number][] = [];
        for (let e = 0; e < k; e++) {
          const [id, distance] = [Number(data[2 * k * i + e]), Number(data[2 * k * i + k + e])];
          expect(raw.ids[i * k + e]).to.equal(id);
          expect(raw.distances[i * k + e]).to.equal(distance);
          if (id !== i) expected.push([id, Math.fround(1 - distance)]);
        }
        expected.sort((a, b) => b[1] - a[1] || a[0] - b[0]);
        for (let e = 0; e < k - 1; e++) {
          expect(graph.ids[i * (k - 1) + e]).to.equal(expected[e][0]);
          expect(graph.similarities[i * (k - 1) + e]).to.equal(expected[e][1]);
        }
      }
    });
  }

  it('reads the golden ragged table', async () => {
    const plain = await readNpz(golden('data/hnsw_k_30_plain.npz'));
    const raw = await readReferenceKnn(golden('data/hnsw_k_30.npz'));
    expect([raw.n, raw.k]).to.deep.equal([2000, 30]);
    expect(Buffer.compare(Buffer.from(raw.ids.buffer), Buffer.from(plain.get('nbrs')!.data.buffer))).to.equal(0);
    expect(raw.distances.every((distance, e) => distance === plain.get('dists')!.data[e])).to.equal(true);
    const graph = await readKnn(golden('data/hnsw_k_30.npz'));
    assertKnnGraph(graph);
    expect(graph.k).to.equal(29);
    const lengths = plain.get('lens')!.data;
    for (let i = 0; i < 2000; i++) {
      const found = graph.ids.subarray(i * 29, (i + 1) * 29);
      const listed = [...raw.ids.subarray(i * 30, i * 30 + Number(lengths[i]))].filter((id) => id !== i);
      expect(new Set(found.filter((id) => id !== -1))).to.deep.equal(new Set(listed));
    }
  });

  it('leaves out itself wherever it stands, empty places and repeats; sorts; ties by lower id', async () => {
    const path = await write(
      table([
        [
          [2, 0, 1, 3],
          [0, 0, 0.25, 0.5],
        ], // itself second
        [
          [1, 3, 2, 0],
          [0, 0.5, 0.5, 0.5],
        ], // ties
        [
          [3, 2, -1, -1],
          [0.75, 0, 1, 1],
        ], // unsorted, itself second, two empty
        [
          [0, 1, 2, 1],
          [0.25, 0.5, 0.75, 0.125],
        ], // without itself, one repeated and nearer
        [
          [0, 1, 2, 3],
          [0.125, 0.25, 0.5, 0.75],
        ], // without itself: loses the last
      ]),
    );
    expect(rows(await readKnn(path))).to.deep.equal([
      [
        [2, 1],
        [1, 0.75],
        [3, 0.5],
      ],
      [
        [0, 0.5],
        [2, 0.5],
        [3, 0.5],
      ],
      [
        [3, 0.25],
        [-1, -Infinity],
        [-1, -Infinity],
      ],
      [
        [1, 0.875],
        [0, 0.75],
        [2, 0.25],
      ],
      [
        [0, 0.875],
        [1, 0.75],
        [2, 0.5],
      ],
    ]);
  });

  it('names rows that make no sense', async () => {
    const cases: [[number[], number[]], RegExp][] = [
      [
        [
          [0, 2],
          [0, 0.5],
        ],
        /knn\.npz row 1: neighbour 2 of 2 instances/,
      ],
      [
        [
          [0, -2],
          [0, 0.5],
        ],
        /row 1: neighbour -2/,
      ],
      [
        [
          [0, 0.5],
          [0, 0.5],
        ],
        /row 1: neighbour 0\.5/,
      ],
      [
        [
          [0, 1],
          [NaN, 0.5],
        ],
        /row 1: the distance of neighbour 0 is NaN/,
      ],
      [
        [
          [0, 1],
          [0, Infinity],
        ],
        /row 1: the distance of neighbour 1 is Infinity/,
      ],
    ];
    for (const [row, message] of cases) {
      const path = await write(
        table([
          [
            [0, 1],
            [0, 0.5],
          ],
          row,
        ]),
      );
      await refused(() => readKnn(path), 'E_DATA', message);
      await refused(() => readReferenceKnn(path), 'E_DATA', message);
    }
    await refused(
      () => write({ shape: [2, 2], data: new Float64Array(4) }).then(readKnn),
      'E_DATA',
      /shape \(2, 2\); a knn file holds/,
    );
    await refused(() => write(table([[[0], [0]]])).then(readKnn), 'E_DATA', /has 1 entries a row, itself included/);
    await refused(() => readKnn(golden('data/l2norm.npz')), 'E_FILE', /neither "data" nor "ids"/);
  });

  it('refuses pickles that are no table', async () => {
    const pickle = (text: string): NpyArray => ({
      shape: [1, 2],
      data: Buffer.from(text, 'latin1'),
      content: 'pickle',
    });
    await refused(() => write(pickle('cposix\nsystem\n(S"rm -rf /"\ntR.')).then(readKnn), 'E_FILE', /holds no array/);
    await refused(() => write(pickle('garbage')).then(readKnn), 'E_FILE', /damaged pickle/);
  });

  const graph: KnnGraph = allocateKnnGraph(3, 2);
  graph.ids.set([1, 2, 0, 2, 1, -1]);
  graph.similarities.set([0.9, 0.123456789, 0.9, -0.5, 1 / 3, -Infinity]);

  for (const form of ['l2c', 'reference'] as const) {
    it(`writes and reads back the ${form} form`, async () => {
      const path = folder.path(`${form}.npz`);
      await writeKnn(path, graph, { form, compress: form === 'reference' });
      expect(rows(await readKnn(path))).to.deep.equal(rows(graph));
      const arrays = await readNpz(path);
      expect(knnForm([...arrays.keys()])).to.equal(form);
      if (form === 'reference') {
        expect(arrays.get('data')!.shape).to.deep.equal([3, 2, 3]);
        expect([...arrays.get('data')!.data.slice(0, 6)]).to.deep.equal([
          0,
          1,
          2,
          0,
          1 - Math.fround(0.9),
          1 - Math.fround(0.123456789),
        ]);
        expect([...arrays.get('data')!.data.slice(12)]).to.deep.equal([2, 1, -1, 0, 1 - Math.fround(1 / 3), 1]);
      }
    });
  }

  it('gives the golden graph back through the reference form', async () => {
    const before = await readKnn(golden('data/faiss_k_30.npz'));
    await writeKnn(folder.path('back.npz'), before, { form: 'reference' });
    const after = await readKnn(folder.path('back.npz'));
    expect(Buffer.compare(Buffer.from(after.ids.buffer), Buffer.from(before.ids.buffer))).to.equal(0);
    expect(Buffer.compare(Buffer.from(after.similarities.buffer), Buffer.from(before.similarities.buffer))).to.equal(0);
  });

  it('refuses files of our form that break the rules of a graph', async () => {
    const path = folder.path('broken.npz');
    const writeOwn = (ids: number[], similarities: number[], shape = [2, 1]) =>
      writeNpz(path, [
        ['ids', { shape, data: Int32Array.from(ids) }],
        ['similarities', { shape: [2, 1], data: Float32Array.from(similarities) }],
      ]);
    await writeOwn([0, 0], [1, 1]);
    await refused(() => readKnn(path), 'E_DATA', /row 0 lists itself/);
    await writeOwn([1, 5], [1, 1]);
    await refused(() => readKnn(path), 'E_DATA', /neighbour 5 is out of range/);
    await writeOwn([1, 0], [1, NaN]);
    await refused(() => readKnn(path), 'E_DATA', /similarity is NaN/);
    await writeOwn([1, 0], [1, 1], [1, 2]);
    await refused(() => readKnn(path), 'E_DATA', /shape \(1, 2\) and \(2, 1\), not both n x k/);
  });
});
