// Networks with known modules: what community detection is compared on. By seed alone.
import { createRandom } from '../packages/core/dist/stages/random.js';

/**
 * A weighted network of n vertices in modules of log-normal sizes (median 20, at most 600): each vertex throws `degree` links, a
 * part `mixing` of them anywhere, the others within its module; those weigh 0.3 to 1, strangers' 0.05 to 0.4. Each pair once, as
 * sources and targets (int32) and weights (float32).
 */
export function plantedNetwork(n, degree, mixing, seed) {
  const random = createRandom(seed);
  const places = random.shuffle(Int32Array.from({ length: n }, (_, i) => i));
  const seen = new Set();
  const [sources, targets, weights] = [[], [], []];
  for (let first = 0; first < n;) {
    const size = Math.min(n - first, 600, Math.max(2, Math.round(20 * Math.exp(random.normal()))));
    for (let at = first; at < first + size; at++) {
      for (let throws = 0; throws < degree; throws++) {
        const strange = random.next() < mixing;
        const [a, b] = [places[at], places[strange ? random.integer(n) : first + random.integer(size)]];
        const [low, high] = a < b ? [a, b] : [b, a];
        if (low === high || seen.has(low * n + high)) continue;
        seen.add(low * n + high);
        sources.push(low);
        targets.push(high);
        weights.push(strange ? 0.05 + 0.35 * random.next() : 0.3 + 0.7 * random.next());
      }
    }
    first += size;
  }
  return { sources: Int32Array.from(sources), targets: Int32Array.from(targets), weights: Float32Array.from(weights) };
}
