// Infomap on weighted networks with planted modules: l2c against igraph's community_infomap, one trial each.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inTurns } from '../measure.mjs';
import { peerVersion } from '../peers.mjs';
import { plantedNetwork } from '../planted.mjs';
import { withScratch } from '../scratch.mjs';
import { Side } from '../side.mjs';
import { megabytes, printTable, ratio, seconds } from '../table.mjs';

const degree = 15;
const small = [2000, 10_000].flatMap((n) => [0.1, 0.2, 0.3, 0.4, 0.5].map((mixing) => [n, mixing, degree]));

export async function bench({ rounds, large }) {
  const igraph = peerVersion('igraph');
  const rows = [];
  const bigger = large ? [[100_000, 0.2, degree], [500_000, 0.2, 30]] : [[50_000, 0.2, degree]]; // prettier-ignore
  for (const [n, mixing, meanDegree] of [...small, ...bigger]) {
    const { sources, targets, weights } = plantedNetwork(n, meanDegree, mixing, 1);
    await withScratch(async (folder) => {
      const file = join(folder, 'network.bin');
      await writeFile(file, Buffer.concat([sources, targets, weights].map((list) => new Uint8Array(list.buffer))));
      const ours = await Side.ofL2c('infomap.mjs', file, n);
      const theirs = igraph === undefined ? undefined : await Side.ofPeer('infomap_igraph.py', file, n);
      const [l2c, peer] = await inTurns([ours, theirs], {}, n > 10_000 ? 1 : Math.min(rounds, 3), n <= 10_000);
      const length = l2c.runs[0].codeLength;
      // igraph's own figure counts its teleportation: both partitions are measured alike.
      const other = theirs === undefined ? undefined : (await ours.run({ measure: `${file}.labels` })).codeLength;
      const modules = [l2c, peer].map((side) => side?.runs[0].modules ?? '-');
      rows.push([
        n,
        sources.length,
        mixing,
        seconds(l2c.wall),
        seconds(peer?.wall),
        ratio(peer?.wall, l2c.wall),
        length.toFixed(5),
        other === undefined ? '-' : `${(100 * (length / other - 1)).toFixed(3)} %`,
        ...modules,
        megabytes(l2c.runs[0].peak),
      ]);
      await ours.end();
      await theirs?.end();
    });
  }
  const peer = igraph === undefined ? 'igraph (absent)' : `igraph ${igraph}`;
  printTable(
    `infomap, one trial: l2c against ${peer}; code length of both in bits a step, less is better`,
    ['n', 'links', 'mixing', 'wall', 'peer', 'ratio', 'code length', 'to peer', 'modules', 'peer modules', 'peak'],
    rows,
  );
}
