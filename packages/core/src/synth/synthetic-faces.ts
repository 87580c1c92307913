import { Features, normalise } from '../data/features.js';
import { sharedInt32 } from '../data/shared-arrays.js';
import { createRandom } from '../stages/random.js';
import type { Random } from '../stages/services.js';

export interface SyntheticFacesOptions {
  /** Number of faces. */
  readonly n: number;
  readonly dim: number;
  /** 0: identities are tight and unlike each other; 1: many are spread wide, have relatives, and faces are blurred. */
  readonly difficulty: number;
  readonly seed: number;
}

/** Unit rows (n x dim) and the identity of each, numbered by first appearance. */
export interface SyntheticFaces {
  readonly features: Features;
  readonly labels: Int32Array;
}

/** Identities have log-normal sizes: half of them at most `medianSize` faces. */
const medianSize = 6;
const sizeSpread = 1.3;
/** No identity has a larger share of the faces. */
const largestShare = 0.05;
/** Mean cosine of two faces of the tightest identities. */
const tightest = 0.85;
/** Mean cosine of two faces of the widest identities at difficulty 1. */
const widest = 0.2;
/** Identities in a family, on average. */
const familySize = 8;
/** Mean cosine of the centres of a family at difficulty 1. */
const familyLikeness = 0.6;
/** Directions in which faces of all identities differ: pose, light, age. */
const appearances = 12;
/** Their part of the variance within an identity. */
const appearanceShare = 0.35;
/** Share of the faces that are blurred at difficulty 1, and how much of them at most is blur. */
const blurredShare = 0.15;
const mostBlur = 0.7;

/**
 * Faces as a network sees them, by seed alone. What makes real embeddings hard is there, and grows with `difficulty`: identities
 * of uneven spread, so that no threshold suits all; families of identities that look alike; directions such as pose, in which
 * faces of everybody differ; and blurred faces, which resemble each other more than their own identity.
 * Half of the identities have at most six faces, many a single one.
 *
 * O(n dim) time, 8 n dim bytes.
 */
export function syntheticFaces({ n, dim, difficulty, seed }: SyntheticFacesOptions): SyntheticFaces {
  const random = createRandom(seed);
  const labels = shuffledIdentities(n, random);
  const identities = 1 + labels.reduce((most, label) => Math.max(most, label), -1);
  const spread = Float64Array.from({ length: dim }, (_, c) => (1 + c / 16) ** -0.5);
  const direction = (): Float64Array => randomDirection(spread, random);

  const families = Array.from({ length: Math.ceil(identities / familySize) }, direction);
  const likeness = familyLikeness * difficulty;
  const centres = Array.from({ length: identities }, () =>
    mix(families[random.integer(families.length)], direction(), likeness),
  );
  const nearness = Float64Array.from(centres, () => tightest - (tightest - widest) * difficulty * random.next());
  const looks = Array.from({ length: appearances }, direction);
  const blur = direction();

  const features = Features.allocate(n, dim);
  for (let i = 0; i < n; i++) {
    const own = mix(appearance(looks, random), direction(), appearanceShare);
    const face = mix(centres[labels[i]], own, nearness[labels[i]]);
    const share = random.next() < blurredShare * difficulty ? mostBlur * random.next() : 0;
    features.row(i).set(mix(blur, face, share));
  }
  return { features: normalise(features), labels };
}

/** (n) identities of log-normal sizes in random order, renumbered by first appearance. */
function shuffledIdentities(n: number, random: Random): Int32Array {
  const labels = sharedInt32(n);
  const most = Math.max(1, Math.floor(n * largestShare));
  for (let [at, identity] = [0, 0]; at < n; identity++) {
    const size = Math.min(most, Math.max(1, Math.round(medianSize * Math.exp(sizeSpread * random.normal()))));
    labels.fill(identity, at, (at += size));
  }
  random.shuffle(labels);
  const names = new Map<number, number>();
  for (let i = 0; i < n; i++) {
    const name = names.get(labels[i]) ?? names.size;
    names.set(labels[i], name);
    labels[i] = name;
  }
  return labels;
}

/** A unit vector with `share` of its variance from `a` and the rest from `b`, both unit vectors. */
function mix(a: Float64Array, b: Float64Array, share: number): Float64Array {
  const [left, right] = [Math.sqrt(share), Math.sqrt(1 - share)];
  return unit(a.map((value, c) => left * value + right * b[c]));
}

/** A random combination of the looks. */
function appearance(looks: readonly Float64Array[], random: Random): Float64Array {
  const sum = new Float64Array(looks[0].length);
  for (const look of looks) {
    const weight = random.normal();
    for (let c = 0; c < sum.length; c++) sum[c] += weight * look[c];
  }
  return unit(sum);
}

function randomDirection(spread: Float64Array, random: Random): Float64Array {
  return unit(spread.map((scale) => scale * random.normal()));
}

function unit(vector: Float64Array): Float64Array {
  let sum = 0;
  for (const value of vector) sum += value * value;
  const scale = sum > 0 ? 1 / Math.sqrt(sum) : 0;
  for (let c = 0; c < vector.length; c++) vector[c] *= scale;
  return vector;
}
