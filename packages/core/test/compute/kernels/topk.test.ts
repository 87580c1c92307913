import { expect } from 'chai';
import { allocateMemory, Arena, kernelKind } from '../../../src/compute/kernels/memory.js';
import { topkKernel } from '../../../src/compute/kernels/topk-kernel.js';
import { topkBytes, type TopkState } from '../../../src/compute/kernels/topk.js';
import { createRandom } from '../../../src/stages/random.js';
import type { Random } from '../../../src/stages/services.js';

interface Offer {
  readonly row: number;
  readonly id: number;
  readonly similarity: number;
}

type Kind = 'wasm' | 'plain';

/** A top-k search over `rows` rows, row r belonging to instance `owners[r]`, the other instances being 0 .. n - 1. */
class Search {
  private readonly memory;
  private readonly kernel;
  private readonly state: TopkState;
  private readonly at;

  constructor(
    kind: Kind,
    private readonly owners: readonly number[],
    private readonly n: number,
    private readonly k: number,
    capacity = k + 5,
  ) {
    const rows = owners.length;
    const arena = new Arena();
    this.state = {
      entries: arena.take(8 * capacity * rows),
      counts: arena.take(4 * rows),
      bounds: arena.take(4 * rows),
      floors: arena.take(8 * rows),
      capacity,
    };
    this.at = {
      rows: arena.take(4 * rows),
      owners: arena.take(4 * rows),
      others: arena.take(4 * n),
      list: arena.take(8 * 4096),
    };
    this.memory = allocateMemory(kind, arena.bytes, true);
    new Int32Array(this.memory.buffer, this.at.others).set(Array.from({ length: n }, (_, id) => id));
    this.bounds.fill(-Infinity);
    this.kernel = topkKernel(kind, this.memory);
  }

  /**
   * Offers in the order given; `firstRow` and a shifted list of owners say the same as none, and so do rows in reverse
   * with their owners in reverse.
   */
  offer(offers: readonly Offer[], firstRow = 0, reverse = false): this {
    const count = this.owners.length - firstRow;
    const turned = (row: number) => (reverse ? count - 1 - row : row);
    const rows = new Int32Array(this.memory.buffer, this.at.rows, count).map((_, o) => turned(o));
    new Int32Array(this.memory.buffer, this.at.rows).set(rows);
    new Int32Array(this.memory.buffer, this.at.owners).set(Array.from(rows, (row) => this.owners[firstRow + row]));
    const words = new Uint32Array(this.memory.buffer, this.at.list);
    const floats = new Float32Array(this.memory.buffer, this.at.list);
    for (let start = 0; start < offers.length; start += 4096) {
      const part = offers.slice(start, start + 4096);
      part.forEach(({ row, id, similarity }, e) => {
        words[2 * e] = (turned(row - firstRow) << 16) | id;
        floats[2 * e + 1] = similarity;
      });
      const { list, rows, owners, others } = this.at;
      this.kernel.merge(list, part.length, firstRow, rows, owners, others, this.state, this.k);
    }
    return this;
  }

  settle(first: number, last: number, rank: number): this {
    this.kernel.settle(first, last, this.state, rank);
    return this;
  }

  get bounds(): Float32Array {
    return new Float32Array(this.memory.buffer, this.state.bounds, this.owners.length);
  }

  get counts(): Int32Array {
    return new Int32Array(this.memory.buffer, this.state.counts, this.owners.length);
  }

  /** The best of each row, `[id, similarity]`, -1 where there are none. */
  finish(first = 0, last = this.owners.length): [number, number][][] {
    const out = new Arena();
    out.bytes = this.at.list; // offers are done with
    const size = (last - first) * this.k;
    const [ids, similarities] = [out.take(4 * size), out.take(4 * size)];
    this.kernel.finish(first, last, this.state, this.k, ids, similarities);
    const [a, b] = [new Int32Array(this.memory.buffer, ids), new Float32Array(this.memory.buffer, similarities)];
    return Array.from({ length: last - first }, (_, row) =>
      Array.from({ length: this.k }, (_, place) => [a[row * this.k + place], b[row * this.k + place]]),
    );
  }
}

/** The same by sorting everything. */
function expected(offers: readonly Offer[], owners: readonly number[], k: number): [number, number][][] {
  return owners.map((owner, row) => {
    const own = offers.filter((offer) => offer.row === row && offer.id !== owner);
    own.sort((a, b) => b.similarity - a.similarity || a.id - b.id);
    const best = own.slice(0, k).map(({ id, similarity }): [number, number] => [id, Math.fround(similarity) + 0]);
    return [...best, ...Array.from({ length: k - best.length }, (): [number, number] => [-1, -Infinity])];
  });
}

/** Each instance to each row once, shuffled. */
function offersOf(rows: number, n: number, similarity: (random: Random) => number): Offer[] {
  const random = createRandom(rows * 1000 + n);
  const all = Array.from({ length: rows * n }, (_, i) => ({
    row: i % rows,
    id: Math.floor(i / rows),
    similarity: Math.fround(similarity(random)),
  }));
  const order = random.shuffle(all.map((_, i) => i));
  return order.map((i) => all[i]);
}

const similarities: Readonly<Record<string, (random: Random) => number>> = {
  'all different': (random) => random.normal(),
  'mostly equal': (random) => random.integer(4) / 4,
  'all equal': () => 0.5,
  'all negative': (random) => -1 - random.next(),
  'zeros of both signs': (random) => [0, -0, 1e-45, -1e-45][random.integer(4)],
  'huge and tiny': (random) => random.normal() * 10 ** (random.integer(70) - 35),
};

const kinds: readonly Kind[] = kernelKind === 'wasm' ? ['wasm', 'plain'] : ['plain'];

for (const kind of kinds) {
  describe(`top-k kernel, ${kind}`, () => {
    for (const [name, similarity] of Object.entries(similarities)) {
      it(`keeps the best of similarities that are ${name}, ties to the lower id`, () => {
        for (const [rows, n, k, capacity] of [
          [1, 2, 1, 2],
          [3, 40, 1, 2],
          [3, 40, 1, 17],
          [4, 50, 7, 8],
          [5, 200, 30, 45],
          [2, 400, 80, 120],
          [2, 300, 128, 129],
        ] as const) {
          const owners = Array.from({ length: rows }, (_, row) => (row * 7) % n);
          const offers = offersOf(rows, n, similarity);
          const found = new Search(kind, owners, n, k, capacity).offer(offers).finish();
          expect(found, `${rows} rows, n ${n}, k ${k}`).to.deep.equal(expected(offers, owners, k));
        }
      });
    }

    it('leaves places empty where a row was offered fewer, itself not counted', () => {
      const offers = [
        { row: 0, id: 0, similarity: 1 },
        { row: 0, id: 2, similarity: -0.5 },
        { row: 1, id: 1, similarity: 1 },
      ];
      const found = new Search(kind, [0, 1, 2], 3, 2).offer(offers).finish();
      const none = [-1, -Infinity];
      expect(found).to.deep.equal([
        [[2, -0.5], none],
        [none, none],
        [none, none],
      ]);
    });

    it('returns 0 for -0, bit for bit', () => {
      const [[[, similarity]]] = new Search(kind, [0], 2, 1).offer([{ row: 0, id: 1, similarity: -0 }]).finish();
      expect(Object.is(similarity, 0)).to.equal(true);
    });

    it('keeps infinite similarities in their place', () => {
      const offers = [-Infinity, 3, Infinity, -3].map((similarity, i) => ({ row: 0, id: i + 1, similarity }));
      const [row] = new Search(kind, [0], 5, 3).offer(offers).finish();
      expect(row).to.deep.equal([
        [3, Infinity],
        [2, 3],
        [4, -3],
      ]);
    });

    it('finds the same in whatever order and pieces things are offered', () => {
      const [rows, n, k] = [6, 150, 11];
      const owners = Array.from({ length: rows }, (_, row) => row);
      const offers = offersOf(rows, n, similarities['mostly equal']);
      const best = expected(offers, owners, k);
      const sorted = [...offers].sort((a, b) => a.similarity - b.similarity || b.id - a.id); // worst first
      expect(new Search(kind, owners, n, k, k + 1).offer(sorted).finish()).to.deep.equal(best);
      expect(new Search(kind, owners, n, k, k + 1).offer(sorted.reverse()).finish()).to.deep.equal(best);
      const pieces = new Search(kind, owners, n, k);
      for (let at = 0; at < offers.length; at += 13) pieces.offer(offers.slice(at, at + 13));
      expect(pieces.finish()).to.deep.equal(best);
    });

    it('takes offers to rows from some row on, and hands over some rows', () => {
      const [n, k] = [60, 9];
      const owners = [50, 3, 4, 0, 59];
      const offers = offersOf(5, n, similarities['all different']);
      const search = new Search(kind, owners, n, k);
      const late = ({ row }: Offer) => row >= 2;
      search.offer(offers.filter(late), 2).offer(offers.filter((offer) => !late(offer)));
      expect(search.finish(1, 4)).to.deep.equal(expected(offers, owners, k).slice(1, 4));
    });

    it('takes offers to rows in any order', () => {
      const [n, k] = [60, 9];
      const owners = [50, 3, 4, 0, 59];
      const offers = offersOf(5, n, similarities['all different']);
      const search = new Search(kind, owners, n, k);
      search.offer(offers.slice(0, 100), 0, true).offer(offers.slice(100));
      expect(search.finish()).to.deep.equal(expected(offers, owners, k));
    });

    it('settles to a lower rank, below which nothing gets in any more', () => {
      const offers = [0.9, 0.8, 0.7, 0.7, 0.6].map((similarity, i) => ({ row: 0, id: i + 1, similarity }));
      const search = new Search(kind, [0, 9], 10, 4).offer(offers);
      search.settle(0, 2, 3); // the best three end in id 3 of 0.7
      expect(search.counts[0]).to.equal(3);
      expect(search.bounds[0]).to.equal(Math.fround(0.7));
      expect([search.counts[1], search.bounds[1]]).to.deep.equal([0, -Infinity]);
      search.offer([
        { row: 0, id: 8, similarity: 0.69 }, // worse
        { row: 0, id: 4, similarity: 0.7 }, // as good, of a higher id
        { row: 1, id: 4, similarity: -1 }, // nothing was settled there
      ]);
      const three = search.finish();
      expect(three[0].map(([id]) => id)).to.deep.equal([1, 2, 3, -1]);
      expect(three[1].map(([id]) => id)).to.deep.equal([4, -1, -1, -1]);
      search.offer([{ row: 0, id: 5, similarity: 0.75 }]);
      expect(search.finish()[0].map(([id]) => id)).to.deep.equal([1, 2, 5, 3]);
    });

    it('bounds a row that is full by the worst it keeps', () => {
      const [n, k] = [100, 10];
      const offers = offersOf(1, n, similarities['all different']);
      const search = new Search(kind, [0], n, k, 20).offer(offers);
      const [best] = expected(offers, [0], k);
      const bound = search.bounds[0];
      expect(bound)
        .to.be.above(-Infinity)
        .and.most(best[k - 1][1]);
      expect(search.settle(0, 1, k).bounds[0]).to.equal(best[k - 1][1]);
    });
  });
}

describe('top-k kernels', () => {
  it('need as much memory as they say', () => {
    const arena = new Arena();
    const before = arena.bytes;
    const rows = 1024;
    for (const bytes of [8 * 12 * rows, 4 * rows, 4 * rows, 8 * rows]) arena.take(bytes);
    expect(arena.bytes - before).to.equal(rows * topkBytes(12));
  });
});
