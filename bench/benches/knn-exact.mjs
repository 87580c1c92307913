// Exact neighbours: l2c's `exact` against faiss IndexFlatIP, time and memory.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clusteredFaces } from '../faces.mjs';
import { inTurns, median } from '../measure.mjs';
import { peerVersion } from '../peers.mjs';
import { withScratch } from '../scratch.mjs';
import { Side } from '../side.mjs';
import { digits, megabytes, printTable, ratio, seconds } from '../table.mjs';

const dim = 256;
const k = 80;

export async function bench({ rounds, threads, large }) {
  const faiss = peerVersion('faiss');
  const rows = [];
  const notes = [];
  for (const n of large ? [5_000, 20_000, 50_000] : [5_000, 20_000]) {
    await withScratch(async (folder) => {
      const file = join(folder, 'features.bin');
      const { values } = clusteredFaces(n, dim, 1);
      await writeFile(file, new Uint8Array(values.buffer));
      const args = [file, dim, k, threads];
      const ours = await Side.ofL2c('knn-exact.mjs', ...args);
      const theirs = faiss === undefined ? undefined : await Side.ofPeer('knn_faiss.py', ...args);
      const first = await ours.run({ job: 'search' }); // its peak is that of a fresh process
      const [l2c, peer, engine] = await inTurns([ours, theirs, multiplier(ours)], { job: 'search' }, rounds);
      await ours.end();
      await theirs?.end();
      const bound = 4 * (4 * n * dim) + 16 * n * k + 200e6;
      const rate = median(engine.runs, 'rate');
      const floor = (n * n * dim) / rate;
      const wall = [seconds(l2c.wall), seconds(peer?.wall), ratio(peer?.wall, l2c.wall)];
      const cpu = [seconds(l2c.cpu), seconds(peer?.cpu), ratio(peer?.cpu, l2c.cpu)];
      rows.push([n, ...wall, ...cpu, seconds(floor), ratio(l2c.cpu, floor), megabytes(first.peak), megabytes(bound)]);
      notes.push(
        `n = ${n}: ${first.engine} multiplies ${digits(rate / 1e9)} GFLOP per CPU second${agreement(first, peer)}`,
      );
    });
  }
  const head = ['n', 'wall', 'faiss', 'ratio', 'CPU', 'faiss', 'ratio', 'floor', 'of floor', 'peak', 'bound'];
  const peer = faiss === undefined ? 'faiss (absent)' : `faiss ${faiss} IndexFlatIP`;
  printTable(`knn-exact: l2c against ${peer}; d = ${dim}, k = ${k}, ${threads} threads`, head, rows);
  for (const note of notes) console.log(`  ${note}`);
  console.log('  floor: CPU time of n² d / 2 multiply-adds, the upper triangle, at the rate of the engine');
  console.log(
    '  peak: resident memory of a fresh process after its first search; bound: 4 x features + 16 n k + 200 MB',
  );
}

/** The engine's rate is taken in turns with the searches, since it, too, depends on who else uses the machine. */
function multiplier(side) {
  return { run: () => side.run({ job: 'multiply' }) };
}

function agreement({ sum }, peer) {
  if (peer === undefined) return '';
  const difference = Math.abs(sum / peer.runs[0].sum - 1);
  return `; the sums of all similarities differ by ${difference.toExponential(0)} of them`;
}
