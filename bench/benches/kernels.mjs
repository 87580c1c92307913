// The kernels against their twins in plain TypeScript, and the sparse product against scipy. One thread.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spmmPlain } from '../../packages/core/dist/compute/kernels/spmm-plain.js';
import { Spmm } from '../../packages/core/dist/compute/kernels/spmm.js';
import { createRandom } from '../../packages/core/dist/stages/random.js';
import { local } from '../local.mjs';
import { inTurns } from '../measure.mjs';
import { peerVersion } from '../peers.mjs';
import { withScratch } from '../scratch.mjs';
import { Side } from '../side.mjs';
import { digits, printTable, ratio, seconds } from '../table.mjs';
import { topkOfProducts } from '../topk-of-products.mjs';

export async function bench(options) {
  await spmmBench(options);
  await topkBench(options);
}

async function spmmBench({ rounds }) {
  const [k, dim] = [80, 256];
  const scipy = peerVersion('scipy');
  const rows = [];
  for (const n of [2_000, 20_000]) {
    await withScratch(async (folder) => {
      const { offsets, indices, weights, x } = sparseProduct(n, k, dim);
      const matrix = { rows: n, columns: n, offsets, indices, weights };
      const files = await Promise.all(
        [offsets, indices, weights, x].map(async (array, i) => {
          const path = join(folder, `${i}.raw`);
          await writeFile(path, new Uint8Array(array.buffer));
          return path;
        }),
      );
      const theirs = scipy === undefined ? undefined : await Side.ofPeer('spmm_scipy.py', ...files, dim);
      const spmm = new Spmm(matrix);
      const out = new Float32Array(n * dim);
      const sides = [
        local(() => void spmm.multiply(x, dim, out)),
        local(() => void spmmPlain(matrix, x, dim, out)),
        theirs,
      ];
      const [wasm, plain, peer] = await inTurns(sides, {}, rounds);
      await theirs?.end();
      const rate = digits((2 * n * k * dim) / wasm.cpu / 1e9);
      const twin = [seconds(plain.wall), ratio(plain.wall, wasm.wall)];
      rows.push([n, seconds(wasm.wall), rate, ...twin, seconds(peer?.wall), ratio(peer?.wall, wasm.wall)]);
    });
  }
  const peer = scipy === undefined ? 'scipy (absent)' : `scipy ${scipy}`;
  const head = ['rows', 'wasm', 'GFLOP per CPU s', 'plain', 'ratio', 'scipy', 'ratio'];
  printTable(`kernels: sparse (${k} a row) x dense (d = ${dim}), against the plain twin and ${peer}`, head, rows);
}

async function topkBench({ rounds }) {
  const [k, rowCount] = [80, 512];
  const rows = [];
  for (const columns of [2_048, 16_384]) {
    const sides = ['wasm', 'plain'].map((kind) => local(topkOfProducts(kind, rowCount, columns, k)));
    const [wasm, plain] = await inTurns(sides, {}, rounds);
    const each = digits((wasm.cpu / (rowCount * columns)) * 1e9);
    rows.push([columns, seconds(wasm.wall), each, seconds(plain.wall), ratio(plain.wall, wasm.wall)]);
  }
  const head = ['columns', 'wasm', 'CPU ns per product', 'plain', 'ratio'];
  printTable(
    `kernels: the best ${k} of each of ${rowCount} rows (scan, merge, sort), against the plain twins`,
    head,
    rows,
  );
}

function sparseProduct(n, k, dim) {
  const random = createRandom(1);
  return {
    offsets: Int32Array.from({ length: n + 1 }, (_, i) => i * k),
    indices: Int32Array.from({ length: n * k }, () => random.integer(n)),
    weights: Float32Array.from({ length: n * k }, () => random.next() / k),
    x: Float32Array.from({ length: n * dim }, () => random.next() - 0.5),
  };
}
