import type { Random } from '../../stages/services.js';
import { aggregateFlow } from './aggregate-flow.js';
import type { FlowNetwork } from './flow-network.js';
import { codeLength, ModuleState, nodeLogOf } from './map-equation.js';
import { moveNodes } from './move-nodes.js';

/** A partition of a network and what it costs to describe a walk with it. */
export interface InfomapResult {
  /** (n) int32, 0 .. count - 1. */
  readonly modules: Int32Array;
  readonly count: number;
  /** Bits a step. */
  readonly codeLength: number;
}

export interface InfomapOptions {
  readonly random: Random;
  /** (n) modules to begin with, numbered below n; without them every node begins alone. Not changed. */
  readonly start?: Int32Array | undefined;
  /**
   * (n) where given, nodes of a 0 stay in the module they begin in, and two modules that hold such nodes never become one: what
   * was found before is kept, and only the rest is looked at.
   */
  readonly movable?: Uint8Array | undefined;
  /** Rounds of fine and coarse tuning stop where one saves less than this part of the code length. */
  readonly tolerance?: number | undefined;
  readonly maxRounds?: number | undefined;
  /** Called between passes over the nodes; may throw to stop. */
  readonly betweenPasses?: (() => void) | undefined;
}

/**
 * Finds modules of short code length: nodes are moved, modules moved as wholes, level by level (Blondel et al. 2008), then in
 * turn single nodes once more (fine tuning) and parts of modules (coarse tuning; the parts are found by moving the nodes of
 * each module apart from the others, Traag, Waltman & van Eck 2019, sec. 2.3). Rosvall, Axelsson & Bergstrom 2009, app. B.
 * O(m) a pass, some tens of passes; about 60 bytes a link.
 */
export function infomap(network: FlowNetwork, options: InfomapOptions): InfomapResult {
  const { tolerance = 1e-6, maxRounds = 20 } = options;
  const nodeLog = nodeLogOf(network);
  const climbFrom = (base: FlowNetwork, start: Int32Array): Partition => climb(base, start, nodeLog, options);
  let best = climbFrom(network, options.start?.slice() ?? identity(network.n));
  for (let round = 0; round < maxRounds; round++) {
    const before = best.codeLength;
    const fine = climbFrom(network, best.modules.slice());
    if (fine.codeLength < best.codeLength) best = fine;
    const coarse = tuneCoarsely(network, best, nodeLog, options);
    if (coarse.codeLength < best.codeLength) best = coarse;
    if (before - best.codeLength < tolerance * before) break;
  }
  if (options.movable === undefined && network.n > 0) {
    const whole = codeLength(network, new Int32Array(network.n));
    if (whole <= best.codeLength) best = { modules: wholeOf(network), count: 0, codeLength: whole };
  }
  return { ...compact(best.modules), codeLength: best.codeLength };
}

interface Partition {
  readonly modules: Int32Array;
  readonly count: number;
  readonly codeLength: number;
}

/** Moves nodes from a given start, then what became of them as wholes, until neither shortens the code. */
function climb(network: FlowNetwork, start: Int32Array, nodeLog: number, options: InfomapOptions): Partition {
  let state = new ModuleState(network, start, nodeLog);
  moveNodes(state, options);
  let { modules, count } = compact(state.modules);
  let level = network;
  let ofLevel = modules;
  let { movable } = options;
  for (;;) {
    level = aggregateFlow(level, ofLevel, count);
    movable = movable && movableModules(movable, ofLevel, count);
    state = new ModuleState(level, identity(count), nodeLog);
    const saved = moveNodes(state, { ...options, movable });
    if (saved <= 0) return { modules, count, codeLength: state.codeLength };
    ({ modules: ofLevel, count } = compact(state.modules));
    modules = compose(modules, ofLevel);
  }
}

function tuneCoarsely(
  network: FlowNetwork,
  { modules }: Partition,
  nodeLog: number,
  options: InfomapOptions,
): Partition {
  const apart = new ModuleState(network, identity(network.n), nodeLog);
  moveNodes(apart, { ...options, groups: modules });
  const parts = compact(apart.modules);
  const parents = new Int32Array(parts.count);
  for (let i = 0; i < network.n; i++) parents[parts.modules[i]] = modules[i];
  const movable = options.movable && movableModules(options.movable, parts.modules, parts.count);
  const moved = climb(aggregateFlow(network, parts.modules, parts.count), parents, nodeLog, { ...options, movable });
  return { ...moved, modules: compose(parts.modules, moved.modules) };
}

/** (count) 1 where all nodes of a module may move. */
function movableModules(movable: Uint8Array, modules: Int32Array, count: number): Uint8Array {
  const whole = new Uint8Array(count).fill(1);
  for (let i = 0; i < modules.length; i++) if (movable[i] === 0) whole[modules[i]] = 0;
  return whole;
}

/** Everything that is ever visited in one module, the rest alone. */
function wholeOf({ n, visits }: FlowNetwork): Int32Array {
  const modules = identity(n);
  const first = visits.findIndex((visit) => visit > 0);
  for (let i = first + 1; i < n; i++) if (visits[i] > 0) modules[i] = first;
  return modules;
}

function identity(n: number): Int32Array {
  return Int32Array.from({ length: n }, (_, i) => i);
}

function compose(inner: Int32Array, outer: Int32Array): Int32Array {
  return inner.map((module) => outer[module]);
}

/** Numbers modules 0 .. count - 1 by first appearance. */
function compact(modules: Int32Array): { modules: Int32Array; count: number } {
  const names = new Int32Array(modules.length).fill(-1);
  let count = 0;
  const renamed = modules.map((module) => (names[module] === -1 ? (names[module] = count++) : names[module]));
  return { modules: renamed, count };
}
