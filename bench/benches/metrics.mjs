// Metrics of a million labels: l2c against scikit-learn, where that has them.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { partitions } from '../faces.mjs';
import { inTurns } from '../measure.mjs';
import { peerVersion } from '../peers.mjs';
import { withScratch } from '../scratch.mjs';
import { Side } from '../side.mjs';
import { printTable, ratio, seconds } from '../table.mjs';

export async function bench({ rounds }) {
  const sklearn = peerVersion('sklearn');
  const rows = [];
  for (const n of [100_000, 1_000_000]) {
    await withScratch(async (folder) => {
      const { truth, predicted } = partitions(n, 1);
      const files = [join(folder, 'truth.i32'), join(folder, 'predicted.i32')];
      await writeFile(files[0], new Uint8Array(truth.buffer));
      await writeFile(files[1], new Uint8Array(predicted.buffer));
      const ours = await Side.ofL2c('metrics.mjs', ...files);
      const theirs = sklearn === undefined ? undefined : await Side.ofPeer('metrics_sklearn.py', ...files);
      for (const metric of ['pairwise', 'bcubed', 'nmi']) {
        const has = metric !== 'bcubed';
        const [l2c, peer] = await inTurns([ours, has ? theirs : undefined], { metric }, rounds);
        const theirWall = has ? seconds(peer?.wall) : 'has none';
        const gap = peer === undefined ? '-' : Math.abs(l2c.runs[0].value - peer.runs[0].value).toExponential(0);
        const times = [seconds(l2c.wall), theirWall, ratio(peer?.wall, l2c.wall), seconds(l2c.cpu)];
        rows.push([metric, n, ...times, ratio(peer?.cpu, l2c.cpu), gap]);
      }
      await ours.end();
      await theirs?.end();
    });
  }
  const peer = sklearn === undefined ? 'scikit-learn (absent)' : `scikit-learn ${sklearn}`;
  printTable(
    `metrics: l2c against ${peer}`,
    ['metric', 'labels', 'wall', 'sklearn', 'ratio', 'CPU', 'CPU ratio', 'difference'],
    rows,
  );
}
