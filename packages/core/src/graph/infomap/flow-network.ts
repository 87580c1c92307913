import { countsToOffsets, transpose, type Csr } from '../csr.js';
import type { ScoredPairs } from '../undirected-pairs.js';

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
 * Flow on an undirected network: visits in proportion to the strength of a node (Rosvall & Bergstrom 2008). Weights must be
 * above 0. O(n + m) time, 24 bytes a pair.
 */
export function undirectedFlow({ n, offsets, targets, scores }: ScoredPairs): FlowNetwork {
  const turned = new Int32Array(n + 1);
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      turned[i + 1] = turned[i + 1] + 1;
      turned[targets[e] + 1] = turned[targets[e] + 1] + 1;
    }
  }
  countsToOffsets(turned);
  const cursor = turned.slice(0, n);
  const ends = new Int32Array(turned[n]);
  const flows = new Float64Array(turned[n]);
  const visits = new Float64Array(n);
  let total = 0;
  for (let e = 0; e < targets.length; e++) total += 2 * scores[e];
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      const j = targets[e];
      const flow = scores[e] / total;
      ends[cursor[i]] = j;
      flows[cursor[i]++] = flow;
      ends[cursor[j]] = i;
      flows[cursor[j]++] = flow;
      visits[i] += flow;
      visits[j] += flow;
    }
  }
  const links = { n, offsets: turned, targets: ends, flows };
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

/**
 * The network of modules: visits and flows added up. `modules` (n) int32 are numbered 0 .. count - 1 without gaps.
 * O(n + m) time.
 */
export function aggregateFlow(network: FlowNetwork, modules: Int32Array, count: number): FlowNetwork {
  const visits = new Float64Array(count);
  for (let i = 0; i < network.n; i++) visits[modules[i]] += network.visits[i];
  const members = groupByModule(modules, count);
  const out = aggregateLinks(network.out, modules, members, count);
  return {
    n: count,
    visits,
    out,
    in: network.in === network.out ? out : aggregateLinks(network.in, modules, members, count),
  };
}

function groupByModule(modules: Int32Array, count: number): { offsets: Int32Array; nodes: Int32Array } {
  const offsets = new Int32Array(count + 1);
  for (const module of modules) offsets[module + 1] = offsets[module + 1] + 1;
  countsToOffsets(offsets);
  const cursor = offsets.slice(0, count);
  const nodes = new Int32Array(modules.length);
  for (let i = 0; i < modules.length; i++) nodes[cursor[modules[i]]++] = i;
  return { offsets, nodes };
}

function aggregateLinks(
  links: FlowLinks,
  modules: Int32Array,
  members: ReturnType<typeof groupByModule>,
  count: number,
): FlowLinks {
  const offsets = new Int32Array(count + 1);
  const targets = new Int32Array(links.targets.length);
  const flows = new Float64Array(links.targets.length);
  const place = new Int32Array(count).fill(-1);
  let at = 0;
  for (let module = 0; module < count; module++) {
    const first = at;
    for (let u = members.offsets[module]; u < members.offsets[module + 1]; u++) {
      const i = members.nodes[u];
      for (let e = links.offsets[i]; e < links.offsets[i + 1]; e++) {
        const target = modules[links.targets[e]];
        if (target === module) continue;
        if (place[target] < first) {
          place[target] = at;
          targets[at] = target;
          flows[at++] = 0;
        }
        flows[place[target]] += links.flows[e];
      }
    }
    offsets[module + 1] = at;
  }
  return { n: count, offsets, targets: targets.slice(0, at), flows: flows.slice(0, at) };
}
