// Reading a matrix of embeddings: l2c against numpy. The file is in the page cache.
import { join } from 'node:path';
import { Features, writeFeatures, writeNpz } from '../../packages/core/dist/index.js';
import { clusteredFaces } from '../faces.mjs';
import { inTurns } from '../measure.mjs';
import { peerVersion } from '../peers.mjs';
import { withScratch } from '../scratch.mjs';
import { Side } from '../side.mjs';
import { digits, printTable, ratio, seconds } from '../table.mjs';

const [n, dim] = [50_000, 256];

export async function bench({ rounds }) {
  const numpy = peerVersion('numpy');
  await withScratch(async (folder) => {
    const files = await writeFiles(folder);
    const ours = await Side.ofL2c('formats.mjs');
    const theirs = numpy === undefined ? undefined : await Side.ofPeer('formats_numpy.py');
    const rows = [];
    for (const [name, path] of files) {
      for (const normalise of [false, true]) {
        const [l2c, peer] = await inTurns([ours, theirs], { path, normalise }, rounds);
        const job = `${name}${normalise ? ', checked and normalised' : ''}`;
        const speed = digits((4 * n * dim) / 1e6 / l2c.wall);
        rows.push([job, seconds(l2c.wall), speed, seconds(peer?.wall), ratio(peer?.wall, l2c.wall), seconds(l2c.cpu)]);
      }
    }
    await ours.end();
    await theirs?.end();
    const peer = numpy === undefined ? 'numpy (absent)' : `numpy ${numpy}`;
    const head = ['file', 'wall', 'MB/s', 'numpy', 'ratio', 'CPU'];
    printTable(`formats: reading ${n} x ${dim} float32, l2c against ${peer}`, head, rows);
    console.log('  l2c also takes the SHA-256 of what it normalises: the key of its cache');
  });
}

async function writeFiles(folder) {
  const { values } = clusteredFaces(n, dim, 1);
  const paths = { npy: join(folder, 'x.npy'), npz: join(folder, 'x.npz'), deflated: join(folder, 'deflated.npz') };
  const features = Features.from(values, dim);
  await writeFeatures(paths.npy, features);
  await writeFeatures(paths.npz, features);
  await writeNpz(paths.deflated, [['features', { shape: [n, dim], data: values }]], { compress: true });
  return [
    ['.npy', paths.npy],
    ['.npz stored', paths.npz],
    ['.npz deflated', paths.deflated],
  ];
}
