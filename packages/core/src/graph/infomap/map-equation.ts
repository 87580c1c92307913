import type { FlowNetwork } from './flow-network.js';

const log2 = Math.log2;
const rounding = 1e-9;

/** p log2 p, and its limit 0 at p = 0; rounding may leave rates a little below 0. */
export function plogp(p: number): number {
  return p > 0 ? p * log2(p) : 0;
}

/**
 * A partition of a flow network into modules, and its code length in bits a step by the two-level map equation (Rosvall,
 * Axelsson & Bergstrom, "The map equation", 2009, eq. 4):
 *
 *     L = plogp(sum enter) - sum plogp(enter) - sum plogp(exit) - sum plogp(visits of nodes) + sum plogp(exit + visits)
 *
 * with the enter and exit rates of each module. For undirected networks both are alike, and this is eq. 4 as it stands.
 */
export class ModuleState {
  /** (n) module of each node; module numbers are below n, some may be empty. */
  readonly modules: Int32Array;
  /** By module: nodes, visit rate, and rates at which the walker leaves and enters. */
  readonly sizes: Int32Array;
  readonly visits: Float64Array;
  readonly exits: Float64Array;
  /** The same object as `exits` where the network is undirected. */
  readonly enters: Float64Array;
  /** By module: what it adds to the code length, the first term aside. Logarithms are the price of a move, so they are kept. */
  private readonly terms: Float64Array;
  /** By module: derivatives of plogp at its exit, its enter, and its exit and visits together; known where the rates are above 0. */
  private readonly slopes: { readonly exit: Float64Array; readonly enter: Float64Array; readonly both: Float64Array };
  /** (n) flow out of and into each node. */
  readonly nodeExits: Float64Array;
  readonly nodeEnters: Float64Array;
  /**
   * (n) 1 for the nodes that no move of their own makes the code shorter for, as the state is made: undirected, of all links into their module,
   * and without flow within themselves. Alone, such a node would lengthen the code by twice its visit rate or more, since p log p is convex.
   */
  readonly settled: Uint8Array;
  private readonly directed: boolean;
  private enterSum = 0;
  private enterLog = 0;
  private termSum = 0;
  /** Set by {@link leave}: the sum of enter rates, and the change so far, once a node has left its module. */
  private leftSum = 0;
  private leftLog = 0;
  private leftSlope = 0;
  private leftChange = 0;

  /** `nodeLog`: sum of plogp over the visits of the nodes at the lowest level, which no move changes. */
  constructor(
    readonly network: FlowNetwork,
    modules: Int32Array,
    private readonly nodeLog: number,
  ) {
    const { n, out, visits } = network;
    const directed = network.in !== out;
    this.directed = directed;
    this.modules = modules;
    this.sizes = new Int32Array(n);
    this.visits = new Float64Array(n);
    this.exits = new Float64Array(n);
    this.enters = directed ? new Float64Array(n) : this.exits;
    this.terms = new Float64Array(n);
    const exit = new Float64Array(n);
    this.slopes = { exit, enter: directed ? new Float64Array(n) : exit, both: new Float64Array(n) };
    this.nodeExits = new Float64Array(n);
    this.nodeEnters = directed ? new Float64Array(n) : this.nodeExits;
    this.settled = new Uint8Array(n);
    const { offsets, ends, targets, weights, from, least, scale } = out;
    for (let i = 0; i < n; i++) {
      const module = modules[i];
      this.sizes[module] = this.sizes[module] + 1;
      this.visits[module] += visits[i];
      let [leaving, crossing, outside] = [0, 0, 0];
      for (let e = offsets[i]; e < ends[i]; e++) {
        const j = targets[e];
        const flow = Math.max(weights[e] - from, least) * scale;
        leaving += flow;
        if (directed) this.nodeEnters[j] += flow;
        if (modules[j] === module) continue;
        crossing += flow;
        outside = 1;
        if (directed) this.enters[modules[j]] += flow;
      }
      this.nodeExits[i] = leaving;
      if (!directed && outside === 0 && visits[i] <= leaving * (1 + rounding)) this.settled[i] = 1;
      this.exits[module] += crossing;
    }
    this.addUp();
  }

  /** Adds the terms up anew: moves leave a little rounding behind. */
  addUp(): void {
    this.enterSum = this.termSum = 0;
    for (let module = 0; module < this.sizes.length; module++) {
      if (this.sizes[module] === 0) continue;
      this.enterSum += this.enters[module];
      this.terms[module] = 0;
      this.renew(module);
    }
    this.enterLog = plogp(this.enterSum);
  }

  /** Bits a step. */
  get codeLength(): number {
    return this.enterLog + this.termSum - this.nodeLog;
  }

  private term(exit: number, enter: number, visits: number): number {
    const exitLog = plogp(exit);
    return plogp(exit + visits) - exitLog - (this.directed ? plogp(enter) : exitLog);
  }

  /** Readies {@link changeTo} for node i, given the flow between it and the other nodes of its module: out of i, and into it. */
  leave(i: number, out: number, into: number): void {
    const from = this.modules[i];
    const exit = this.exits[from] - this.nodeExits[i] + out + into;
    const enter = this.enters[from] - this.nodeEnters[i] + into + out;
    this.leftSum = this.enterSum + enter - this.enters[from];
    this.leftLog = plogp(this.leftSum);
    this.leftSlope = slopeOf(this.leftSum, this.leftLog);
    this.leftChange =
      this.term(exit, enter, this.visits[from] - this.network.visits[i]) - this.terms[from] - this.enterLog;
  }

  /** By how much the code length changes where node i, that {@link leave} was called for, goes to another module. */
  changeTo(i: number, to: number, out: number, into: number): number {
    const exit = this.exits[to] + this.nodeExits[i] - out - into;
    const enter = this.enters[to] + this.nodeEnters[i] - into - out;
    return (
      plogp(this.leftSum + enter - this.enters[to]) +
      this.leftChange +
      this.term(exit, enter, this.visits[to] + this.network.visits[i]) -
      this.terms[to]
    );
  }

  /**
   * No more than {@link changeTo}, without a logarithm: plogp is convex, so it lies above its tangents, and rises over an interval by no more
   * than its slope at the end, for which ln(1 + x) <= x. -Infinity where a rate is 0.
   */
  leastChangeTo(i: number, to: number, out: number, into: number): number {
    const { slopes, directed } = this;
    const [oldExit, oldEnter] = [this.exits[to], this.enters[to]];
    const exits = this.nodeExits[i] - out - into;
    const enters = this.nodeEnters[i] - into - out;
    if (!(oldExit > 0 && oldExit + exits > 0 && oldEnter > 0 && oldEnter + enters > 0 && this.leftSum > 0))
      return -Infinity;
    const exitRise = mostRise(oldExit, exits, slopes.exit[to]);
    return (
      this.leftLog +
      this.leftSlope * enters +
      this.leftChange +
      slopes.both[to] * (exits + this.network.visits[i]) -
      exitRise -
      (directed ? mostRise(oldEnter, enters, slopes.enter[to]) : exitRise)
    );
  }

  /** Moves node i to another module, given the flow between i and the other nodes of both: from i to them, and from them to i. */
  move(i: number, to: number, outFrom: number, intoFrom: number, outTo: number, intoTo: number): void {
    const from = this.modules[i];
    const { exits, enters, visits, directed } = this;
    this.enterSum -= enters[from] + enters[to];
    exits[from] += outFrom + intoFrom - this.nodeExits[i];
    exits[to] += this.nodeExits[i] - outTo - intoTo;
    if (directed) {
      enters[from] += intoFrom + outFrom - this.nodeEnters[i];
      enters[to] += this.nodeEnters[i] - intoTo - outTo;
    }
    visits[from] -= this.network.visits[i];
    visits[to] += this.network.visits[i];
    this.sizes[from] = this.sizes[from] - 1;
    this.sizes[to] = this.sizes[to] + 1;
    if (this.sizes[from] === 0) exits[from] = enters[from] = visits[from] = 0;
    this.modules[i] = to;
    this.enterSum += enters[from] + enters[to];
    this.enterLog = plogp(this.enterSum);
    this.renew(from);
    this.renew(to);
  }

  private renew(module: number): void {
    const { slopes, directed } = this;
    const [exit, enter, both] = [this.exits[module], this.enters[module], this.exits[module] + this.visits[module]];
    const [exitLog, bothLog] = [plogp(exit), plogp(both)];
    const enterLog = directed ? plogp(enter) : exitLog;
    slopes.exit[module] = slopeOf(exit, exitLog);
    if (directed) slopes.enter[module] = slopeOf(enter, enterLog);
    slopes.both[module] = slopeOf(both, bothLog);
    const term = bothLog - exitLog - enterLog;
    this.termSum += term - this.terms[module];
    this.terms[module] = term;
  }
}

/** Derivative of plogp, given its value, where p is above 0. */
function slopeOf(p: number, log: number): number {
  return log / p + Math.LOG2E;
}

/** How much plogp rises at most from p on, both ends above 0. */
function mostRise(p: number, by: number, slope: number): number {
  return by * (slope + (by / Math.min(p, p + by)) * Math.LOG2E);
}

/** Code length of a partition, bits a step. O(n + m). */
export function codeLength(network: FlowNetwork, modules: Int32Array): number {
  return new ModuleState(network, modules.slice(), nodeLogOf(network)).codeLength;
}

export function nodeLogOf({ visits }: FlowNetwork): number {
  return visits.reduce((sum, visit) => sum + plogp(visit), 0);
}
