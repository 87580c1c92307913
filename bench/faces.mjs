// What the benches search and compare: embeddings shaped like those of faces, and partitions of them. By seed alone.
import { createRandom } from '../packages/core/dist/stages/random.js';

/**
 * n unit vectors (n x dim float32, row-major), shuffled, and the identity of each (n int32).
 *
 * Identities have log-normal sizes (median 22, at most 1,500). Members of one have a cosine of 0.5 to 0.8 on average, by
 * identity; different identities are nearly orthogonal. The variance falls along the dimensions, as it does in embeddings of a network.
 */
export function clusteredFaces(n, dim, seed) {
  const random = createRandom(seed);
  const identities = identitySizes(n, random);
  const labels = shuffledLabels(n, identities, random);
  const spread = Float64Array.from({ length: dim }, (_, c) => (1 + c / 16) ** -0.5);
  const centres = identities.map(() => direction(spread, random));
  const nearness = identities.map(() => 0.5 + 0.3 * random.next());
  const values = new Float32Array(n * dim);
  for (let i = 0; i < n; i++) {
    const [centre, own] = [centres[labels[i]], direction(spread, random)];
    const share = nearness[labels[i]];
    const row = values.subarray(i * dim, (i + 1) * dim);
    for (let c = 0; c < dim; c++) row[c] = Math.sqrt(share) * centre[c] + Math.sqrt(1 - share) * own[c];
    normalise(row);
  }
  return { values, labels };
}

/**
 * Two partitions of n instances (int32 each): identities as above, and a clustering of them that splits one instance in ten
 * off its identity and puts one in twenty with strangers.
 */
export function partitions(n, seed) {
  const random = createRandom(seed);
  const identities = identitySizes(n, random);
  const truth = shuffledLabels(n, identities, random);
  const predicted = truth.map((identity) => {
    const luck = random.next();
    if (luck < 0.05) return random.integer(identities.length);
    return luck < 0.15 ? identities.length + identity : identity;
  });
  return { truth, predicted };
}

function identitySizes(n, random) {
  const sizes = [];
  for (let left = n; left > 0; left -= sizes.at(-1)) {
    const size = Math.round(22 * Math.exp(1.4 * random.normal()));
    sizes.push(Math.min(left, 1500, Math.max(1, size)));
  }
  return sizes;
}

function shuffledLabels(n, sizes, random) {
  const labels = new Int32Array(n);
  let at = 0;
  sizes.forEach((size, identity) => labels.fill(identity, at, (at += size)));
  return random.shuffle(labels);
}

function direction(spread, random) {
  return normalise(spread.map((scale) => scale * random.normal()));
}

function normalise(vector) {
  let sum = 0;
  for (let c = 0; c < vector.length; c++) sum += vector[c] * vector[c];
  const norm = Math.sqrt(sum);
  for (let c = 0; c < vector.length; c++) vector[c] /= norm;
  return vector;
}
