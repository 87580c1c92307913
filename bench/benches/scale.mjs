// Neighbours of hundreds of thousands: l2c's `ivf` and `exact` against faiss IndexIVFFlat and IndexFlatIP, and hnswlib.
import { join } from 'node:path';
import { peerVersion } from '../peers.mjs';
import { withScratch } from '../scratch.mjs';
import { Side } from '../side.mjs';
import { absent, digits, megabytes, printTable, ratio, seconds } from '../table.mjs';

const dim = 256;
const k = 80;
const targetRecall = 0.99;
/** Above, comparing all pairs takes too long; it is taken to grow with the square. */
const mostExact = 200_000;

export async function bench({ threads, sizes = [200_000] }) {
  const faiss = peerVersion('faiss');
  const rows = [];
  const notes = [];
  for (const [n, data] of sizes.flatMap((size) => [
    [size, 'easy'],
    [size, 'hard'],
  ])) {
    await withScratch(async (folder) => {
      const file = join(folder, 'features.bin');
      const ours = await Side.ofL2c('scale.mjs', n, dim, k, threads, file, data);
      const ivf = await ours.run({ job: 'ivf', targetRecall });
      const { near, all } = await ours.run({ job: 'judge' });
      const alone = threads > 1 ? await ours.run({ job: 'ivf', targetRecall, alone: true }) : undefined;
      const exact = n <= mostExact ? await ours.run({ job: 'exact' }) : undefined;
      const { rate } = await ours.run({ job: 'multiply' });
      const hnsw = await ours.run({ job: 'hnsw' });
      const { near: hnswNear, all: hnswAll } = await ours.run({ job: 'judge' });
      await ours.end();
      const theirs = faiss === undefined ? undefined : await Side.ofPeer('scale_faiss.py', file, dim, k);
      const flat = await theirs?.run({ job: 'flat' });
      const lists = await theirs?.run({ job: 'ivf', cells: ivf.cells, near });
      await theirs?.end();
      const floor = (2 * dim * multiplications(n, ivf)) / rate;
      const row = (name, cpu, rest) => [`${n} ${data}: ${name}`, seconds(cpu), ratio(cpu, ivf.cpu), ...rest];
      const found = (probes, nearby, every) => [`${probes} / ${ivf.cells}`, percent(nearby), percent(every)];
      rows.push(row('ivf', ivf.cpu, [...found(ivf.probes, near, all), seconds(ivf.wall), megabytes(ivf.peak)]));
      if (alone !== undefined) {
        rows.push(row('ivf, 1 thread', alone.cpu, ['', '', '', seconds(alone.wall), '-']));
        notes.push(`${n} ${data}: ${threads} threads take ${ratio(ivf.wall, alone.wall)} of the wall time of one`);
      }
      if (exact !== undefined) {
        rows.push(row('exact', exact.cpu, ['-', '100 %', '100 %', seconds(exact.wall), '-']));
      }
      const none = ['-', absent, absent, '-', '-'];
      const listed = lists && [...found(lists.probes, lists.near, lists.all), '-', megabytes(lists.peak)];
      rows.push(row('faiss IndexIVFFlat', lists?.seconds, listed ?? none));
      rows.push(row('faiss IndexFlatIP', flat?.seconds, flat ? ['-', '100 %', '100 %', '-', '-'] : none));
      if (hnsw.ef !== undefined) {
        rows.push(
          row('hnswlib', hnsw.cpu, [`ef ${hnsw.ef}`, percent(hnswNear), percent(hnswAll), seconds(hnsw.wall), '-']),
        );
      }
      notes.push(
        `${n} ${data}: floor ${seconds(floor)} (the products alone, at ${digits(rate / 1e9)} GFLOP per CPU second); ivf takes ${ratio(ivf.cpu, floor)}`,
      );
    });
  }
  const head = ['n', 'CPU', 'over ivf', 'probes / cells', 'near', `all ${k}`, 'wall', 'peak'];
  const title = `scale: the ${k} nearest of synthetic faces, d = ${dim}, target ${percent(targetRecall)} of near ones, ${threads} threads; faiss ${faiss ?? 'absent'}`;
  printTable(title, head, rows);
  for (const note of notes) console.log(`  ${note}`);
  console.log(
    '  easy: faces of bench/faces.mjs; hard: l2c synth --difficulty 0.5, with families, blur and appearances',
  );
  console.log('  near: true neighbours with a similarity of 0.4 or more that are found; measured on other instances');
  console.log(
    '  than those that chose the probes. faiss: fewest probes that find as many, one thread, 1,000 queries scaled',
  );
}

/** Of rows with centres (training, assignment), with sampled instances, and with the instances of cells. */
function multiplications(n, { cells, probes }) {
  const training = 5 * Math.min(n, 20 * cells) * cells;
  return training + n * cells + 512 * n + n * (probes - 0.5) * (n / cells);
}

function percent(share) {
  return `${digits(100 * share)} %`;
}
