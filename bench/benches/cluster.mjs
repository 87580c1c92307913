// `l2c cluster` and `l2c assign` as people run them, from a file to files, against clusterings of npm on all pairs of the same faces.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readMeta } from '../../packages/core/dist/formats/meta.js';
import { bcubed, Features, writeFeatures } from '../../packages/core/dist/index.js';
import { syntheticFaces } from '../../packages/core/dist/synth/synthetic-faces.js';
import { l2c, runNode } from '../command.mjs';
import { npmPeer } from '../peers.mjs';
import { withScratch } from '../scratch.mjs';
import { absent, digits, printTable, ratio, seconds } from '../table.mjs';

const dim = 256;
const batches = [1, 100, 5000];
/** Of more faces all pairs take hours in JavaScript. */
const mostPairs = 10_000;
/** Where the peers cut: about where `l2c cluster` does, which they are not able to find. */
const minSimilarity = 0.5;

const peers = [
  ['DBSCAN', 'density-clustering', 'cluster_dbscan.mjs'],
  ['Louvain', 'graphology-communities-louvain', 'cluster_louvain.mjs'],
];

export async function bench({ large, sizes = large ? [10_000, 100_000] : [10_000] }) {
  const [whole, grown] = [[], []];
  for (const n of sizes) {
    await withScratch(async (folder) => {
      const truth = await writeFaces(folder, n);
      const file = join(folder, 'faces.npy');
      const output = join(folder, 'people');
      const quality = async (labels) => {
        const predicted = await readMeta(labels);
        return `${digits(100 * bcubed(truth.subarray(0, n), predicted).f)} %`;
      };
      const ours = runNode([l2c, 'cluster', file, '--output', output, '--quiet']);
      whole.push([
        n,
        'l2c cluster',
        seconds(ours.wall),
        seconds(ours.cpu),
        '1x',
        await quality(join(output, 'clusters', 'labels.meta')),
      ]);
      for (const [name, module, script] of n > mostPairs ? [] : peers) {
        const version = npmPeer(module);
        const labels = join(folder, 'labels.meta');
        const path = fileURLToPath(new URL(`../peers/${script}`, import.meta.url));
        const theirs = version && runNode([path, file, String(minSimilarity), labels]);
        const title = `${name}: ${module} ${version ?? absent}`;
        const f = theirs === undefined ? '-' : await quality(labels);
        whole.push([n, title, seconds(theirs?.wall), seconds(theirs?.cpu), ratio(theirs?.cpu, ours.cpu), f]);
      }
      for (const batch of batches) {
        const into = join(folder, 'grown');
        const added = runNode([l2c, 'assign', output, join(folder, `batch-${batch}.npy`), '--output', into, '--quiet']);
        grown.push([
          n,
          batch,
          seconds(added.wall),
          seconds(added.cpu),
          seconds(added.wall / batch),
          seconds(added.cpu / batch),
        ]);
        await rm(into, { recursive: true });
      }
    });
  }
  const columns = ['faces', 'command', 'wall', 'CPU', 'CPU over l2c', 'BCubed F'];
  printTable(
    `cluster: from a file of synthetic faces, d = ${dim}, to files; peers get the threshold ${minSimilarity}`,
    columns,
    whole,
  );
  const head = ['faces', 'batch', 'wall', 'CPU', 'wall a face', 'CPU a face'];
  printTable('l2c assign: batches to that result, the whole command', head, grown);
}

/** The faces, and batches that come later, drawn from the same people. Returns the identity of all. */
async function writeFaces(folder, n) {
  const later = batches.reduce((sum, batch) => sum + batch, 0);
  const { features, labels } = syntheticFaces({ n: n + later, dim, difficulty: 0.5, seed: 1 });
  const write = async (name, first, end) => {
    const part = Features.allocate(end - first, dim);
    for (let i = first; i < end; i++) part.row(i - first).set(features.row(i));
    await writeFeatures(join(folder, name), part);
  };
  await write('faces.npy', 0, n);
  let at = n;
  for (const batch of batches) await write(`batch-${batch}.npy`, at, (at += batch));
  return labels;
}
