// The steps of GCN-V and GCN-E on 20,000 faces, against the same steps in the design of the paper's code, in torch.
import { join } from 'node:path';
import { createRandom, exactNeighbours, readFeatures } from '../../packages/core/dist/index.js';
import { initialWeights } from '../../packages/core/dist/model/parameters.js';
import { confidenceTarget } from '../../packages/plugin-vegcn/dist/confidence-targets.js';
import { gcnEModel } from '../../packages/plugin-vegcn/dist/gcn-e-model.js';
import { gcnVModel } from '../../packages/plugin-vegcn/dist/gcn-v-model.js';
import { clusteredFaces } from '../faces.mjs';
import { inTurns, median } from '../measure.mjs';
import { peerVersion } from '../peers.mjs';
import { quietCompute } from '../quiet-compute.mjs';
import { withScratch, writerTo } from '../scratch.mjs';
import { Side } from '../side.mjs';
import { digits, printTable, ratio, seconds } from '../table.mjs';

const [n, dim, k, hidden] = [20_000, 256, 80, 512];

/** The peer does one sub-graph of GCN-E in ten: its times are multiplied by this. */
const shares = { 'gcn-e': 10 };

export async function bench({ rounds, threads }) {
  const torch = peerVersion('torch');
  const rows = [];
  const notes = [];
  await withScratch(async (folder) => {
    await writeData(folder, threads);
    const args = [folder, dim, k, hidden, threads];
    const ours = await Side.ofL2c('vegcn.mjs', ...args);
    const theirs = torch === undefined ? undefined : await Side.ofPeer('vegcn_torch.py', ...args);
    for (const job of ['gcn-v forward', 'gcn-v training step', 'gcn-e', 'targets']) {
      const engine = { run: () => ours.run({ job: 'multiply' }) };
      const [l2c, peer, rates] = await inTurns([ours, theirs, engine], { job }, Math.min(rounds, 3));
      const share = shares[job] ?? 1;
      const [wall, cpu] = peer === undefined ? [] : [share * peer.wall, share * peer.cpu];
      const [{ engine: name, nodes, graphs }] = l2c.runs;
      const floor = multiplyAdds(job, nodes) / (median(rates.runs, 'rate') / 2);
      rows.push([
        job,
        ...[seconds(l2c.wall), seconds(wall), ratio(wall, l2c.wall)],
        ...[seconds(l2c.cpu), seconds(cpu), ratio(cpu, l2c.cpu)],
        ...(floor > 0 ? [seconds(floor), ratio(l2c.cpu, floor)] : ['-', '-']),
      ]);
      const facts = [name, nodes && `${graphs} sub-graphs of ${nodes} nodes`, agreement(l2c, peer)];
      notes.push(`${job}: ${facts.filter(Boolean).join('; ')}`);
      if (job === 'gcn-e' && peer !== undefined) {
        const parts = ['cut', 'forward'].map((part) => seconds(share * median(peer.runs, part)));
        notes.push(
          `gcn-e in torch: ${parts[0]} for the sub-graphs, ${parts[1]} forward, ten times what a tenth of them takes`,
        );
      }
      if (floor > 0)
        notes.push(`  the engine multiplies ${digits(median(rates.runs, 'rate') / 1e9)} GFLOP per CPU second`);
    }
    await ours.end();
    await theirs?.end();
  });
  const peer = torch === undefined ? 'torch (absent)' : `torch ${torch}`;
  const head = ['step', 'wall', 'torch', 'ratio', 'CPU', 'torch', 'ratio', 'floor', 'of floor'];
  printTable(`vegcn: l2c against ${peer}; n = ${n}, d = ${dim}, k = ${k}, ${threads} threads`, head, rows);
  for (const note of notes) console.log(`  ${note}`);
}

/** Features, graph, identities, confidences and weights, for both sides to read. */
async function writeData(folder, threads) {
  const compute = await quietCompute(threads);
  const write = writerTo(folder);
  const { values, labels } = clusteredFaces(n, dim, 1);
  await write('features.bin', values);
  await write('labels.bin', labels);
  const { features } = await readFeatures(join(folder, 'features.bin'), { dim });
  const knn = await exactNeighbours(features, k, { compute });
  await write('ids.bin', knn.ids);
  await write('similarities.bin', knn.similarities);
  await write('confidences.bin', confidenceTarget('s_nbr', features, knn, labels));
  for (const [name, model] of [
    ['weights-v.bin', gcnVModel(dim, hidden)],
    ['weights-e.bin', gcnEModel(dim, hidden)],
  ]) {
    const all = [...initialWeights(model, createRandom(1)).values()].flatMap(({ values: part }) => [...part]);
    await write(name, Float32Array.from(all));
  }
  await compute.dispose();
}

/** Of the dense products alone, in the order that needs fewest: of what sub-graphs share, once. */
function multiplyAdds(job, nodes) {
  const half = hidden / 2;
  const forward = n * (2 * dim * hidden + hidden * hidden + hidden);
  switch (job) {
    case 'gcn-v forward':
      return forward;
    case 'gcn-v training step':
      // two products behind each of the forward pass, but none for the gradient of the input
      return 3 * forward - n * 2 * dim * hidden;
    case 'gcn-e':
      return n * 2 * dim * hidden + nodes * (2 * hidden * hidden + 2 * hidden * half + 2 * half * half + half * half + 2 * half); // prettier-ignore
    default:
      return 0;
  }
}

function agreement(l2c, peer) {
  if (peer === undefined) return '';
  const difference = Math.abs(l2c.runs[0].value / peer.runs[0].value - 1);
  return `the sums of both differ by ${difference.toExponential(0)} of them`;
}
