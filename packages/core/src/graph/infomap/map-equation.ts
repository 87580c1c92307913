import type { FlowNetwork } from './flow-network.js';

const log2 = Math.log2;

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
  readonly enters: Float64Array;
  /** (n) flow out of and into each node. */
  readonly nodeExits: Float64Array;
  readonly nodeEnters: Float64Array;
  private enterSum = 0;
  private enterLog = 0;
  private exitLog = 0;
  private moduleLog = 0;

  /** `nodeLog`: sum of plogp over the visits of the nodes at the lowest level, which no move changes. */
  constructor(
    readonly network: FlowNetwork,
    modules: Int32Array,
    private readonly nodeLog: number,
  ) {
    const { n, out, visits } = network;
    this.modules = modules;
    this.sizes = new Int32Array(n);
    this.visits = new Float64Array(n);
    this.exits = new Float64Array(n);
    this.enters = new Float64Array(n);
    this.nodeExits = new Float64Array(n);
    this.nodeEnters = network.in === out ? this.nodeExits : new Float64Array(n);
    const directed = this.nodeEnters !== this.nodeExits;
    for (let i = 0; i < n; i++) {
      const module = modules[i];
      this.sizes[module] = this.sizes[module] + 1;
      this.visits[module] += visits[i];
      for (let e = out.offsets[i]; e < out.offsets[i + 1]; e++) {
        const j = out.targets[e];
        const flow = out.flows[e];
        this.nodeExits[i] += flow;
        if (directed) this.nodeEnters[j] += flow;
        if (modules[j] === module) continue;
        this.exits[module] += flow;
        this.enters[modules[j]] += flow;
      }
    }
    this.addUp();
  }

  /** Adds the terms up anew: moves leave a little rounding behind. */
  addUp(): void {
    this.enterSum = this.enterLog = this.exitLog = this.moduleLog = 0;
    for (let module = 0; module < this.sizes.length; module++) {
      if (this.sizes[module] === 0) continue;
      this.enterSum += this.enters[module];
      this.enterLog += plogp(this.enters[module]);
      this.exitLog += plogp(this.exits[module]);
      this.moduleLog += plogp(this.exits[module] + this.visits[module]);
    }
  }

  /** Bits a step. */
  get codeLength(): number {
    return plogp(this.enterSum) - this.enterLog - this.exitLog - this.nodeLog + this.moduleLog;
  }

  /**
   * By how much the code length changes where node i goes from its module to another, given the flow between i and the
   * other nodes of both: from i to them (`out`) and from them to i (`into`).
   */
  change(i: number, to: number, outFrom: number, intoFrom: number, outTo: number, intoTo: number): number {
    const from = this.modules[i];
    const { exits, enters, visits, nodeExits, nodeEnters } = this;
    const exitFrom = exits[from] - nodeExits[i] + outFrom + intoFrom;
    const enterFrom = enters[from] - nodeEnters[i] + intoFrom + outFrom;
    const exitTo = exits[to] + nodeExits[i] - outTo - intoTo;
    const enterTo = enters[to] + nodeEnters[i] - intoTo - outTo;
    const visit = this.network.visits[i];
    const sum = this.enterSum + enterFrom - enters[from] + enterTo - enters[to];
    return (
      plogp(sum) -
      plogp(this.enterSum) -
      (plogp(enterFrom) - plogp(enters[from]) + plogp(enterTo) - plogp(enters[to])) -
      (plogp(exitFrom) - plogp(exits[from]) + plogp(exitTo) - plogp(exits[to])) +
      (plogp(exitFrom + visits[from] - visit) -
        plogp(exits[from] + visits[from]) +
        plogp(exitTo + visits[to] + visit) -
        plogp(exits[to] + visits[to]))
    );
  }

  move(i: number, to: number, outFrom: number, intoFrom: number, outTo: number, intoTo: number): void {
    const from = this.modules[i];
    const { exits, enters, visits } = this;
    this.take(from, -1);
    this.take(to, -1);
    exits[from] += outFrom + intoFrom - this.nodeExits[i];
    enters[from] += intoFrom + outFrom - this.nodeEnters[i];
    exits[to] += this.nodeExits[i] - outTo - intoTo;
    enters[to] += this.nodeEnters[i] - intoTo - outTo;
    visits[from] -= this.network.visits[i];
    visits[to] += this.network.visits[i];
    this.sizes[from] = this.sizes[from] - 1;
    this.sizes[to] = this.sizes[to] + 1;
    if (this.sizes[from] === 0) exits[from] = enters[from] = visits[from] = 0;
    this.modules[i] = to;
    this.take(from, 1);
    this.take(to, 1);
  }

  private take(module: number, sign: 1 | -1): void {
    this.enterSum += sign * this.enters[module];
    this.enterLog += sign * plogp(this.enters[module]);
    this.exitLog += sign * plogp(this.exits[module]);
    this.moduleLog += sign * plogp(this.exits[module] + this.visits[module]);
  }
}

/** Code length of a partition, bits a step. O(n + m). */
export function codeLength(network: FlowNetwork, modules: Int32Array): number {
  return new ModuleState(network, modules.slice(), nodeLogOf(network)).codeLength;
}

export function nodeLogOf({ visits }: FlowNetwork): number {
  return visits.reduce((sum, visit) => sum + plogp(visit), 0);
}
