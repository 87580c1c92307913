// L-GCN on 20,000 faces: the time of a pivot, against the same in the design of the paper's code, in torch.
import { join } from 'node:path';
import { createRandom, exactNeighbours, readFeatures } from '../../packages/core/dist/index.js';
import { initialWeights } from '../../packages/core/dist/model/parameters.js';
import { lGcnModel } from '../../packages/plugin-lgcn/dist/l-gcn-model.js';
import { clusteredFaces } from '../faces.mjs';
import { inTurns, median } from '../measure.mjs';
import { peerVersion } from '../peers.mjs';
import { quietCompute } from '../quiet-compute.mjs';
import { withScratch, writerTo } from '../scratch.mjs';
import { Side } from '../side.mjs';
import { digits, printTable, ratio } from '../table.mjs';

const [n, dim, k, hidden] = [20_000, 256, 80, 512];
/** l2c looks at one instance in so many, the peer at the first so many of those. */
const [every, peerPivots] = [20, 32];
const pivots = n / every;

export async function bench({ rounds, threads }) {
  const torch = peerVersion('torch');
  const some = Math.min(rounds, 3);
  await withScratch(async (folder) => {
    await writeData(folder, threads);
    const args = [folder, dim, k, hidden, threads, every, peerPivots];
    const ours = await Side.ofL2c('lgcn.mjs', ...args);
    const theirs = torch === undefined ? undefined : await Side.ofPeer('lgcn_torch.py', ...args);
    const engine = { run: () => ours.run({ job: 'multiply' }) };
    const [first] = await inTurns([ours], { job: 'first product' }, some);
    const [made] = await inTurns([ours], { job: 'sub-graphs' }, some);
    const [all, peer, rates] = await inTurns([ours, theirs, engine], { job: 'both directions' }, some);
    const [half] = await inTurns([ours], { job: 'one direction' }, some);
    await ours.end();
    await theirs?.end();

    const [{ nodes, entries }] = made.runs;
    const rate = median(rates.runs, 'rate');
    const row = (name, run) => {
      const [wall, cpu] = ['wall', 'cpu'].map((time) => (run[time] - first[time]) / pivots + first[time] / n);
      const [peerWall, peerCpu] = ['wall', 'cpu'].map((time) => peer && peer[time] / peerPivots);
      const floor = multiplyAdds(nodes / pivots, run.runs[0].reads / pivots) / (rate / 2);
      return [
        name,
        ...[millis(wall), millis(peerWall), ratio(peerWall, wall)],
        ...[millis(cpu), millis(peerCpu), ratio(peerCpu, cpu), millis(floor), ratio(cpu, floor)],
      ];
    };
    const title = `lgcn: l2c against ${torch === undefined ? 'torch (absent)' : `torch ${torch}`}`;
    printTable(
      `${title}; a pivot of ${n}, d = ${dim}, k = ${k}, 10, ${threads} threads`,
      ['links', 'wall ms', 'torch', 'ratio', 'CPU ms', 'torch', 'ratio', 'floor', 'of floor'],
      [row('both directions', all), row('one direction', half)],
    );
    console.log(`  ${all.runs[0].engine}, ${digits(rate / 1e9)} GFLOP per CPU second in the second layer`);
    console.log(`  a sub-graph: ${digits(nodes / pivots)} nodes, ${digits(entries / nodes)} connections each`);
    console.log(
      `  of l2c: ${millis(made.wall / pivots)} ms for the sub-graph, ${millis(first.wall / n)} of the first product`,
    );
    if (peer === undefined) return;
    const parts = ['made', 'passed'].map((part) => millis(median(peer.runs, part) / peerPivots));
    const difference = Math.abs(all.runs[0].value - peer.runs[0].value) / (peerPivots * k);
    console.log(`  of torch: ${parts[0]} ms for the sub-graph, ${parts[1]} forward`);
    console.log(`  scores differ by ${difference.toExponential(0)} on average`);
  });
}

const millis = (seconds) => (seconds === undefined ? '-' : digits(1000 * seconds));

/** Of the dense products alone, for a sub-graph of so many nodes of which so many are asked about. */
function multiplyAdds(nodes, reads) {
  const half = hidden / 2;
  const asked = 2 * half * half + half * half + 2 * half;
  return 2 * dim * hidden + nodes * (2 * hidden * hidden + 2 * hidden * half) + reads * asked;
}

/** Features, graph and weights, for both sides to read. */
async function writeData(folder, threads) {
  const compute = await quietCompute(threads);
  const write = writerTo(folder);
  const { values } = clusteredFaces(n, dim, 1);
  await write('features.bin', values);
  const { features } = await readFeatures(join(folder, 'features.bin'), { dim });
  const knn = await exactNeighbours(features, k, { compute });
  await write('ids.bin', knn.ids);
  await write('similarities.bin', knn.similarities);
  const weights = initialWeights(lGcnModel(dim, hidden), createRandom(1));
  // running statistics like those of differences of unit vectors
  weights.get('bn0.running_var').values.fill(2 / dim);
  await write('weights.bin', Float32Array.from([...weights.values()].flatMap((tensor) => [...tensor.values])));
  await compute.dispose();
}
