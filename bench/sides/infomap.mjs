// infomap.mjs NETWORK N: the undirected network in the file, by l2c; or `measure`, a file of labels, by the map equation.
import { readFileSync } from 'node:fs';
import { csrFromPairs, createRandom, undirectedPairs } from '../../packages/core/dist/index.js';
import { fallingRows } from '../../packages/core/dist/graph/falling-rows.js';
import { undirectedFlow } from '../../packages/core/dist/graph/infomap/flow-network.js';
import { codeLength } from '../../packages/core/dist/graph/infomap/map-equation.js';
import { infomap } from '../../packages/core/dist/graph/infomap/infomap.js';
import { serve } from '../side.mjs';

const [path, n] = process.argv.slice(2);
const { buffer } = new Uint8Array(readFileSync(path));
const links = buffer.byteLength / 12;
const [sources, targets] = [new Int32Array(buffer, 0, links), new Int32Array(buffer, 4 * links, links)];
const weights = new Float32Array(buffer, 8 * links, links);

function network() {
  const links = csrFromPairs(Number(n), sources, targets);
  const scores = Float32Array.from(links.origins, (origin) => weights[origin]);
  const rows = fallingRows(undirectedPairs(links, scores, 'max'));
  return undirectedFlow({ ...rows, weights: rows.scores });
}

await serve(({ measure }) => {
  if (measure !== undefined) {
    const { buffer } = new Uint8Array(readFileSync(measure));
    return { codeLength: codeLength(network(), new Int32Array(buffer)) };
  }
  const found = infomap(network(), { random: createRandom(1) });
  return { modules: found.count, codeLength: found.codeLength };
});
