import { transpose, type Csr } from '../csr.js';

/** Flows from each node along its links, or to each node. A link of a node to itself is not among them. */
export interface FlowLinks extends Csr {
  /** (m) float64, share of all steps of a random walker that take this link. */
  readonly flows: Float64Array;
}

/** A network as a random walker sees it: how often each node is visited, and each link taken. */
export interface FlowNetwork {
  readonly n: number;
  /** (n) float64 visit rates, sum 1. */
  readonly visits: Float64Array;
  readonly out: FlowLinks;
  /** The same object as `out` where the network is undirected. */
  readonly in: FlowLinks;
}

/**
 * Flow on an undirected network, of links that stand in the rows of both their ends: visits in proportion to the strength of a node
 * (Rosvall & Bergstrom 2008). Weights must be above 0, and those of both directions alike; the array is taken over, and holds
 * the flows afterwards. O(n + m) time.
 */
export function undirectedFlow({ n, offsets, targets }: Csr, weights: Float64Array): FlowNetwork {
  const visits = new Float64Array(n);
  let total = 0;
  for (let e = 0; e < offsets[n]; e++) total += weights[e];
  for (let i = 0; i < n; i++) {
    let visit = 0;
    for (let e = offsets[i]; e < offsets[i + 1]; e++) visit += weights[e] /= total;
    visits[i] = visit;
  }
  const links = { n, offsets, targets, flows: weights };
  return { n, visits, out: links, in: links };
}

/** How the walker of a directed network moves. */
export interface WalkOptions {
  /** Probability of a jump instead of a step along a link. */
  readonly teleportation: number;
  /** Where the visit rates change by less in sum, they are taken. */
  readonly tolerance: number;
  readonly maxIterations: number;
}

export const defaultWalk: WalkOptions = { teleportation: 0.15, tolerance: 1e-10, maxIterations: 200 };

/**
 * Flow on a directed network: the walker follows links by weight and now and then jumps to the start of a link chosen by
 * weight; jumps decide how often nodes are visited, but are not counted as flow. Lambiotte & Rosvall, "Ranking and clustering
 * of nodes in networks with smart teleportation", 2012 (unrecorded teleportation to links). Weights must be above 0.
 * O(n + m) an iteration, 28 bytes a link.
 */
export function directedFlow(links: Csr, weights: ArrayLike<number>, walk: WalkOptions = defaultWalk): FlowNetwork {
  const { n, offsets, targets } = links;
  const strength = new Float64Array(n);
  let total = 0;
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) strength[i] += weights[e];
    total += strength[i];
  }
  const back = transpose(links);
  const into = new Float64Array(targets.length);
  for (let e = 0; e < into.length; e++) into[e] = weights[back.origins[e]];
  const visits = stationaryVisits(back, into, strength, total, walk);
  const out = new Float64Array(targets.length);
  let taken = 0;
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) taken += out[e] = (visits[i] * weights[e]) / strength[i];
  }
  const arrivals = new Float64Array(n);
  for (let e = 0; e < out.length; e++) out[e] /= taken;
  for (let j = 0; j < n; j++) {
    for (let e = back.offsets[j]; e < back.offsets[j + 1]; e++) arrivals[j] += into[e] = out[back.origins[e]];
  }
  return {
    n,
    visits: arrivals,
    out: { n, offsets, targets, flows: out },
    in: { n, offsets: back.offsets, targets: back.targets, flows: into },
  };
}

/** Power iteration, `weights` in the order of the links turned around; nodes without links hand all they have to jumps. */
function stationaryVisits(
  back: Csr,
  weights: Float64Array,
  strength: Float64Array,
  total: number,
  { teleportation, tolerance, maxIterations }: WalkOptions,
): Float64Array {
  const { n, offsets, targets } = back;
  let visits = strength.map((own) => own / total);
  let next = new Float64Array(n);
  const share = new Float64Array(n);
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    let stuck = 0;
    for (let i = 0; i < n; i++) {
      if (strength[i] === 0) stuck += visits[i];
      else share[i] = visits[i] / strength[i];
    }
    const jumps = (teleportation * (1 - stuck) + stuck) / total;
    let change = 0;
    for (let j = 0; j < n; j++) {
      let arriving = 0;
      for (let e = offsets[j]; e < offsets[j + 1]; e++) arriving += share[targets[e]] * weights[e];
      next[j] = (1 - teleportation) * arriving + jumps * strength[j];
      change += Math.abs(next[j] - visits[j]);
    }
    [visits, next] = [next, visits];
    if (change < tolerance) break;
  }
  return visits;
}
