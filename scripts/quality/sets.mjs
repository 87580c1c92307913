// Faces of known identity: synthetic ones, and halves of real sets.
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { selectRows } from '../../packages/core/dist/data/features.js';
import { readFeatures, readLabels } from '../../packages/core/dist/formats/features-file.js';
import { identitySplits } from '../../packages/core/dist/pipeline/identity-split.js';
import { createRandom } from '../../packages/core/dist/stages/random.js';
import { syntheticFaces } from '../../packages/core/dist/synth/synthetic-faces.js';

/**
 * Sets of 300 to 4,800 faces of every difficulty. Of every second one most faces are left out, so that many people have a single one, as in
 * collections from the press.
 */
export function* syntheticSets(count) {
  const random = createRandom(77);
  for (let s = 0; s < count; s++) {
    const n = Math.round(300 * 2 ** (4 * random.next()));
    const dim = [64, 128, 256, 512][random.integer(4)];
    const difficulty = random.next();
    const { features, labels } = syntheticFaces({ n, dim, difficulty, seed: 1000 + s });
    const share = s % 2 === 0 ? 1 : 0.1 + 0.5 * createRandom(s).next();
    const rows = thinned(labels, share, createRandom(s + 5));
    yield { name: `synthetic ${s}`, features: selectRows(features, rows), truth: rows.map((row) => labels[row]) };
  }
}

/** The first face of each, and that share of the others. */
function thinned(labels, share, random) {
  const met = new Set();
  const keeps = (row) => {
    const isFirst = !met.has(labels[row]);
    met.add(labels[row]);
    return random.next() < share || isFirst;
  };
  return Int32Array.from([...labels.keys()].filter(keeps));
}

/** Both halves of three splits of the identities in a folder. */
export async function* halves(folder) {
  const bin = join(folder, 'features.bin');
  const { features } = existsSync(bin)
    ? await readFeatures(bin, { dim: 128 })
    : await readFeatures(join(folder, 'features.npy'));
  const truth = await readLabels(join(folder, 'labels.meta'), features.n);
  for (const split of identitySplits(truth, 3, 1)) {
    for (const rows of [split.tuning, split.testing])
      yield { name: basename(folder), features: selectRows(features, rows), truth: rows.map((row) => truth[row]) };
  }
}
