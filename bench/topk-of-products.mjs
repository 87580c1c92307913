// The top-k kernels put to work as the exact search does it, on products that are random numbers.
import { allocateMemory, Arena } from '../packages/core/dist/compute/kernels/memory.js';
import { scanKernel } from '../packages/core/dist/compute/kernels/scan-kernel.js';
import { topkKernel } from '../packages/core/dist/compute/kernels/topk-kernel.js';
import { createRandom } from '../packages/core/dist/stages/random.js';

const blockColumns = 512;
const listCapacity = 8192;

/**
 * A job that finds the best k of each of `rows` rows among `columns` products, a block of 512 columns at a time, and returns
 * their ids and similarities (rows x k each). `kind` is `wasm` or `plain`; both give the same.
 */
export function topkOfProducts(kind, rows, columns, k) {
  const capacity = k + (k >> 1);
  const own = layOut({
    products: 4 * rows * blockColumns,
    rowBounds: 4 * rows,
    columnBounds: 4 * blockColumns,
    found: 16 * listCapacity,
  });
  const common = layOut({
    entries: 8 * capacity * rows,
    counts: 4 * rows,
    bounds: 4 * rows,
    floors: 8 * rows,
    owners: 4 * rows,
    others: 4 * columns,
    list: 8 * listCapacity,
    ids: 4 * rows * k,
    similarities: 4 * rows * k,
  });
  const [privateMemory, sharedMemory] = [
    allocateMemory(kind, own.bytes, false),
    allocateMemory(kind, common.bytes, true),
  ];
  const scanner = scanKernel(kind, privateMemory);
  const topk = topkKernel(kind, sharedMemory);
  const state = { ...common, capacity };

  const random = createRandom(1);
  const values = Float32Array.from({ length: rows * columns }, () => random.next() ** 4);
  const products = new Float32Array(privateMemory.buffer, own.products, rows * blockColumns);
  const rowBounds = new Float32Array(privateMemory.buffer, own.rowBounds, rows);
  const found = new Uint32Array(privateMemory.buffer, own.found, 2 * listCapacity);
  const list = new Uint32Array(sharedMemory.buffer, common.list, 2 * listCapacity);
  const bounds = new Float32Array(sharedMemory.buffer, common.bounds, rows);
  new Float32Array(privateMemory.buffer, own.columnBounds, blockColumns).fill(Infinity);
  new Int32Array(sharedMemory.buffer, common.owners, rows).fill(-1); // no row is among the columns
  new Int32Array(sharedMemory.buffer, common.others, columns).forEach((_, i, others) => (others[i] = i));

  return () => {
    new Int32Array(sharedMemory.buffer, common.counts, rows).fill(0);
    new Int32Array(sharedMemory.buffer, common.floors, 2 * rows).fill(0);
    bounds.fill(-Infinity);
    for (let first = 0; first < columns; first += blockColumns) {
      products.set(values.subarray(first * rows, (first + blockColumns) * rows));
      for (let row = 0; row < rows;) {
        rowBounds.set(bounds);
        row = scanner.scan(
          own.products,
          row,
          rows,
          blockColumns,
          own.rowBounds,
          own.columnBounds,
          own.found,
          listCapacity,
        );
        list.set(found.subarray(0, 2 * scanner.rowsFound));
        const others = common.others + 4 * first;
        topk.merge(common.list, scanner.rowsFound, 0, common.others, common.owners, others, state, k);
      }
    }
    topk.finish(0, rows, state, k, common.ids, common.similarities);
    return {
      ids: new Int32Array(sharedMemory.buffer, common.ids, rows * k),
      similarities: new Float32Array(sharedMemory.buffer, common.similarities, rows * k),
    };
  };
}

/** Byte offsets of stretches of the given sizes, by name. */
function layOut(sizes) {
  const arena = new Arena();
  const offsets = Object.fromEntries(Object.entries(sizes).map(([name, bytes]) => [name, arena.take(bytes)]));
  return { ...offsets, bytes: arena.bytes };
}
