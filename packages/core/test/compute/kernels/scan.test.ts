import { expect } from 'chai';
import { allocateMemory, Arena, kernelKind } from '../../../src/compute/kernels/memory.js';
import { scanKernel } from '../../../src/compute/kernels/scan-kernel.js';
import { normals } from '../matrices.js';

interface Block {
  readonly rows: number;
  readonly columns: number;
  readonly products: Float32Array;
  readonly rowBounds: Float32Array;
  readonly columnBounds: Float32Array;
}

type Found = readonly [owner: number, other: number, value: number];

/** What a scan of one stretch of rows lists, and how far it came. */
interface Scanned {
  readonly forth: readonly Found[];
  readonly back: readonly Found[];
  readonly row: number;
}

/** Scans a block to its end, in as many goes as the capacity makes it take. */
function scan(kind: 'wasm' | 'plain', block: Block, capacity: number, from = 0): Scanned[] {
  const arena = new Arena();
  const products = arena.take(4 * block.products.length);
  const rowBounds = arena.take(4 * block.rows);
  const columnBounds = arena.take(4 * block.columns);
  const out = arena.take(16 * capacity);
  const fence = arena.take(64);
  const memory = allocateMemory(kind, arena.bytes, false);
  new Float32Array(memory.buffer, products).set(block.products);
  new Float32Array(memory.buffer, rowBounds).set(block.rowBounds);
  new Float32Array(memory.buffer, columnBounds).set(block.columnBounds);
  new Uint8Array(memory.buffer, fence, 64).fill(0xaa);
  const kernel = scanKernel(kind, memory);
  const words = new Uint32Array(memory.buffer);
  const floats = new Float32Array(memory.buffer);
  const list = (at: number, length: number): Found[] =>
    Array.from({ length }, (_, e) => {
      const word = at / 4 + 2 * e;
      return [words[word] >>> 16, words[word] & 0xffff, floats[word + 1]];
    });
  const goes: Scanned[] = [];
  for (let row = from; row < block.rows;) {
    row = kernel.scan(products, row, block.rows, block.columns, rowBounds, columnBounds, out, capacity);
    goes.push({ forth: list(out, kernel.rowsFound), back: list(out + 8 * capacity, kernel.columnsFound), row });
    if (goes.length > block.rows) throw new RangeError('the scan does not come to an end');
  }
  expect(new Uint8Array(memory.buffer, fence, 64).every((byte) => byte === 0xaa)).to.equal(true);
  return goes;
}

/** The same by definition, in one go. */
function expected({ rows, columns, products, rowBounds, columnBounds }: Block): Pick<Scanned, 'forth' | 'back'> {
  const [forth, back]: [Found[], Found[]] = [[], []];
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const x = products[r * columns + c];
      if (x >= rowBounds[r]) forth.push([r, c, x]);
      if (x >= columnBounds[c]) back.push([c, r, x]);
    }
  }
  return { forth, back };
}

function blockOf(rows: number, columns: number, bound: number): Block {
  return {
    rows,
    columns,
    products: normals(rows * columns, rows * 100 + columns),
    rowBounds: normals(rows, 1).map((x) => bound + x / 4),
    columnBounds: normals(columns, 2).map((x) => bound + x / 4),
  };
}

const joined = (goes: readonly Scanned[]): Pick<Scanned, 'forth' | 'back'> => ({
  forth: goes.flatMap(({ forth }) => forth),
  back: goes.flatMap(({ back }) => back),
});

const kinds = kernelKind === 'wasm' ? (['wasm', 'plain'] as const) : (['plain'] as const);

for (const kind of kinds) {
  describe(`scan kernel, ${kind}`, () => {
    for (const [rows, columns] of [
      [1, 1],
      [1, 15],
      [3, 16],
      [5, 17],
      [7, 31],
      [2, 32],
      [64, 47],
      [33, 130],
    ] as const) {
      it(`lists what reaches its bounds in a block of ${rows} x ${columns}`, () => {
        for (const bound of [-Infinity, 0, 1.5, Infinity]) {
          const block = blockOf(rows, columns, bound);
          const found = joined(scan(kind, block, rows * columns));
          expect(found, `bound ${bound}`).to.deep.equal(expected(block));
          if (bound === -Infinity)
            expect([found.forth.length, found.back.length]).to.deep.equal(Array(2).fill(rows * columns));
        }
      });
    }

    it('looks at rows alone where the bounds of columns are infinite', () => {
      const block = { ...blockOf(9, 20, 0.5), columnBounds: new Float32Array(20).fill(Infinity) };
      const found = joined(scan(kind, block, 200));
      expect(found).to.deep.equal(expected(block));
      expect(found.back).to.deep.equal([]);
      expect(found.forth).to.not.deep.equal([]);
    });

    it('stops before a row that might not fit, and goes on there', () => {
      const block = blockOf(40, 21, 0.2);
      for (const capacity of [21, 22, 63, 300]) {
        const goes = scan(kind, block, capacity);
        expect(joined(goes), `capacity ${capacity}`).to.deep.equal(expected(block));
        expect(goes.length, `capacity ${capacity}`).to.be.above(1);
        for (const { forth, back, row } of goes) {
          expect(Math.max(forth.length, back.length)).to.be.most(capacity);
          // it stopped for want of room, not before
          if (row < block.rows) expect(Math.max(forth.length, back.length)).to.be.above(capacity - block.columns);
        }
      }
    });

    it('begins at the row it is told', () => {
      const block = blockOf(12, 18, 0);
      const rest = expected(block);
      const found = joined(scan(kind, block, 216, 5));
      expect(found.forth).to.deep.equal(rest.forth.filter(([row]) => row >= 5));
      expect(found.back).to.deep.equal(rest.back.filter(([, row]) => row >= 5));
    });

    it('takes what equals its bound, -0 for 0, and never NaN', () => {
      const products = Float32Array.of(0.5, NaN, -0, 0.25, -0.5, 0, NaN, 1);
      const block = {
        rows: 2,
        columns: 4,
        products,
        rowBounds: Float32Array.of(0, -0.5),
        columnBounds: Float32Array.of(0.5, -Infinity, 0, 0.25),
      };
      const { forth, back } = joined(scan(kind, block, 8));
      expect(forth.map(([row, column]) => [row, column])).to.deep.equal([
        [0, 0],
        [0, 2],
        [0, 3],
        [1, 0],
        [1, 1],
        [1, 3],
      ]);
      expect(back.map(([column, row]) => [column, row])).to.deep.equal([
        [0, 0],
        [2, 0],
        [3, 0],
        [1, 1],
        [3, 1],
      ]);
    });
  });
}

describe('scan kernels', () => {
  it('are twins: they list the same in the same order', function () {
    if (kernelKind === 'plain') this.skip();
    for (const capacity of [70, 133, 5000]) {
      const block = blockOf(50, 70, 0.8);
      expect(scan('wasm', block, capacity)).to.deep.equal(scan('plain', block, capacity));
    }
  });
});
