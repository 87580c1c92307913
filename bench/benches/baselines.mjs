// The baselines of the papers' tables on 20,000 faces: l2c against scikit-learn and scipy, and against what the reference
// implementation took for the same job on two cores of this kind (which nothing here measures again).
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clusteredFaces } from '../faces.mjs';
import { inTurns } from '../measure.mjs';
import { peerVersion } from '../peers.mjs';
import { withScratch } from '../scratch.mjs';
import { Side } from '../side.mjs';
import { printTable, ratio, seconds } from '../table.mjs';

const [dim, k, clusters] = [256, 80, 500];

/** Seconds of the Python reference at n = 20,000, d = 256, k = 80, after the kNN search. */
const reference = {
  'rank-order': 53,
  'chinese-whispers': 68,
  'chinese-whispers matrix': 2.1,
  cdp: 0.35,
  'knn-dbscan': 0.69,
};

const onGraph = ['rank-order', 'chinese-whispers', 'chinese-whispers matrix', 'cdp', 'knn-dbscan'];
const onRows = ['dbscan', 'kmeans', 'mini-batch-kmeans'];
const slowPeers = ['hac single', 'hac average', 'hac ward', 'spectral', 'hdbscan'];
/** For 5,000 rows scikit-learn's takes minutes. */
const slowestPeers = ['mean-shift'];

export async function bench({ rounds, threads, large }) {
  const sklearn = peerVersion('sklearn');
  const rows = [];
  // For 20,000 rows scipy's linkage takes minutes and 1.6 GB, scikit-learn's spectral clustering minutes.
  for (const [n, jobs] of [
    [20_000, large ? [...onGraph, ...onRows, ...slowPeers] : [...onGraph, ...onRows]],
    ...(large ? [[5_000, slowestPeers]] : [[5_000, slowPeers], [2_000, slowestPeers]]), // prettier-ignore
  ]) {
    await withScratch(async (folder) => {
      const file = join(folder, 'faces.bin');
      await writeFile(file, new Uint8Array(clusteredFaces(n, dim, 1).values.buffer));
      const args = [file, dim, k, clusters, threads];
      const ours = await Side.ofL2c('baselines.mjs', ...args);
      const theirs = sklearn === undefined ? undefined : await Side.ofPeer('baselines_sklearn.py', ...args);
      for (const job of jobs) {
        const none = (job in reference && job !== 'knn-dbscan') || (job === 'hdbscan' && !knowsHdbscan(sklearn));
        const has = none ? undefined : theirs;
        const [l2c, peer] = await inTurns([ours, has], { job }, Math.min(rounds, 3), job in reference);
        const found = [l2c, peer].map((side) => (side === undefined ? '-' : Math.round(side.runs[0].value)));
        rows.push([
          job,
          n,
          seconds(l2c.wall),
          none ? 'has none' : seconds(peer?.wall),
          ratio(peer?.wall, l2c.wall),
          ratio(peer?.cpu, l2c.cpu),
          job in reference ? `${reference[job]} s` : '-',
          ratio(reference[job], l2c.wall),
          ...found,
        ]);
      }
      await ours.end();
      await theirs?.end();
    });
  }
  const peer = sklearn === undefined ? 'scikit-learn and scipy (absent)' : `scikit-learn ${sklearn} and scipy`;
  printTable(
    `baselines: l2c against ${peer}, and the figures of the reference; found: clusters, of k-means the inertia`,
    ['method', 'n', 'wall', 'peer', 'ratio', 'CPU ratio', 'reference', 'ratio', 'found', 'peer found'],
    rows,
  );
}

/** scikit-learn has HDBSCAN from 1.3 on. */
function knowsHdbscan(version) {
  const [major, minor] = (version ?? '0.0').split('.').map(Number);
  return major > 1 || (major === 1 && minor >= 3);
}
