// From the kNN graph of 20,000 faces to labels by GCN-D, against the same steps in the design of the paper's code, in torch.
import { groundTruth } from '../../packages/core/dist/builtin/ground-truth.js';
import { createRandom, exactNeighbours, syntheticFaces } from '../../packages/core/dist/index.js';
import { initialWeights } from '../../packages/core/dist/model/parameters.js';
import { ClusterGraphs } from '../../packages/plugin-dsgcn/dist/cluster-graphs.js';
import { gcnDModel } from '../../packages/plugin-dsgcn/dist/gcn-d-model.js';
import { superVertexProposals } from '../../packages/plugin-dsgcn/dist/super-vertex-proposals.js';
import { inTurns, median } from '../measure.mjs';
import { peerVersion } from '../peers.mjs';
import { ignore, quietCompute } from '../quiet-compute.mjs';
import { withScratch, writerTo } from '../scratch.mjs';
import { Side } from '../side.mjs';
import { digits, printTable, ratio, seconds } from '../table.mjs';

const [n, dim, k, threshold, hidden] = [20_000, 256, 80, 0.7, [512, 64]];

/** The job, and what it is called in the table. */
const jobs = [
  ['super vertices', 'super vertices'],
  ['proposals', 'and proposals, to disk'],
  ['gcn-d', 'GCN-D'],
  ['nms', 'NMS, IoU 0.7'],
  ['nms of overlapping', 'NMS of 5 thresholds'],
  ['path', 'whole path'],
];

export async function bench({ rounds, threads }) {
  const torch = peerVersion('torch');
  const rows = [];
  const notes = [];
  await withScratch(async (folder) => {
    const facts = await writeData(folder, threads);
    const args = [folder, dim, threshold, threads];
    const ours = await Side.ofL2c('dsgcn.mjs', ...args);
    const theirs = torch === undefined ? undefined : await Side.ofPeer('dsgcn_torch.py', ...args);
    const engine = { run: () => ours.run({ job: 'multiply' }) };
    for (const [job, name] of jobs) {
      // what the peer compares of five thresholds takes it long enough to need no second try
      const some = job === 'nms of overlapping' ? 1 : Math.min(rounds, 3);
      const [l2c, peer, rates] = await inTurns([ours, theirs, engine], { job }, some);
      const rate = median(rates.runs, 'rate') / 2;
      const floor = { 'gcn-d': multiplyAdds(facts) / rate, path: multiplyAdds(facts) / rate }[job];
      rows.push([
        name,
        ...[seconds(l2c.wall), seconds(peer?.wall), ratio(peer?.wall, l2c.wall)],
        ...[seconds(l2c.cpu), seconds(peer?.cpu), ratio(peer?.cpu, l2c.cpu)],
        ...(floor === undefined ? ['-', '-'] : [seconds(floor), ratio(l2c.cpu, floor)]),
      ]);
      if (floor !== undefined)
        notes.push(`${name}: ${rates.runs[0].engine}, ${digits((2 * rate) / 1e9)} GFLOP per CPU second`);
      if (peer === undefined) continue;
      const [{ value }] = l2c.runs;
      const [{ value: other, parts }] = peer.runs;
      notes.push(
        `${name}: ${job === 'gcn-d' ? `the sums differ by ${Math.abs(value / other - 1).toExponential(0)} of them` : `l2c finds ${value}, torch ${other}`}`,
      );
      if (parts !== undefined)
        notes.push(`  of torch: super vertices, files, GCN-D and NMS take ${parts.map(seconds).join(', ')}`);
    }
    await ours.end();
    await theirs?.end();
    notes.unshift(
      `${facts.proposals} proposals of ${facts.members} members, the largest of ${facts.largest}; of 5 thresholds ${facts.overlapping}`,
    );
  });
  const peer = torch === undefined ? 'torch (absent)' : `torch ${torch}`;
  const head = ['step', 'wall', 'torch', 'ratio', 'CPU', 'torch', 'ratio', 'floor', 'of floor'];
  printTable(`dsgcn: l2c against ${peer}; n = ${n}, d = ${dim}, k = ${k}, ${threads} threads`, head, rows);
  for (const note of notes) console.log(`  ${note}`);
}

/** Features, graph, weights and proposals of five thresholds with their true IoU, for both sides to read. */
async function writeData(folder, threads) {
  const compute = await quietCompute(threads);
  const write = writerTo(folder);
  const { features, labels } = syntheticFaces({ n, dim, difficulty: 0.5, seed: 1 });
  await write('features.bin', features.blocks[0].subarray(0, n * dim));
  const knn = await exactNeighbours(features, k, { compute });
  await write('ids.bin', knn.ids);
  await write('similarities.bin', knn.similarities);
  const model = gcnDModel('features', dim, { network: 'gcn', pool: 'max', hidden, dropout: 0 });
  const weights = [...initialWeights(model, createRandom(1)).values()].flatMap((tensor) => [...tensor.values]);
  await write('weights.bin', Float32Array.from(weights));
  const services = {
    compute,
    progress: { update: ignore },
    signal: new AbortController().signal,
    random: createRandom,
  };
  const of = async (threshold) => {
    const options = { threshold, k: [], step: 0.05, minSize: 3, maxSize: 300, maxIterations: 100, keepBase: true };
    const made = await superVertexProposals(features, knn, { ...options, baseOnly: [], iterations: [] }, services);
    return made.proposals;
  };
  const overlapping = await of([0.55, 0.6, 0.65, 0.7, 0.75]);
  await write('offsets.bin', overlapping.offsets);
  await write('members.bin', overlapping.members);
  const { proposals: scores } = groundTruth(overlapping, labels, { target: 'iou', members: false });
  await write('scores.bin', scores);
  const single = await of([threshold]);
  const every = Int32Array.from({ length: single.offsets.length - 1 }, (_, p) => p);
  const { adjacency } = new ClusterGraphs(single, knn, true).batch(every).graph;
  await compute.dispose();
  const counts = { proposals: every.length, members: single.members.length, overlapping: scores.length };
  return {
    ...counts,
    entries: adjacency.indices.length,
    largest: every.reduce((most, p) => Math.max(most, single.offsets[p + 1] - single.offsets[p]), 0),
  };
}

/** Products and what is propagated: no instance is in two proposals of one threshold, so none is in the first product twice. */
function multiplyAdds({ members, entries }) {
  return members * (dim * hidden[0] + hidden[0] * hidden[1]) + entries * (hidden[0] + hidden[1]);
}
