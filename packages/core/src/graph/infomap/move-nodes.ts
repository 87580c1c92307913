import type { Random } from '../../stages/services.js';
import type { FlowLinks } from './flow-network.js';
import type { ModuleState } from './map-equation.js';

/** Bits below which a change is rounding. */
const least = 1e-10;
/** Bits by which what is known to be worse is worse at least. */
const rounding = 1e-12;

/** The flow between one node and the modules around it; cleared by visiting what was touched. */
class Surroundings {
  readonly out: Float64Array;
  /** The same object as `out` where the network is undirected. */
  readonly into: Float64Array;
  readonly touched: Int32Array;
  count = 0;
  private readonly seen: Uint8Array;

  constructor(modules: number, undirected: boolean) {
    this.out = new Float64Array(modules);
    this.into = undirected ? this.out : new Float64Array(modules);
    this.touched = new Int32Array(modules);
    this.seen = new Uint8Array(modules);
  }

  add(links: FlowLinks, i: number, modules: Int32Array, sums: Float64Array): void {
    const { targets, weights, from, least, scale } = links;
    const { touched, seen } = this;
    const end = links.ends[i];
    let count = this.count;
    for (let e = links.offsets[i]; e < end; e++) {
      const module = modules[targets[e]];
      if (seen[module] === 0) {
        seen[module] = 1;
        touched[count++] = module;
      }
      sums[module] += Math.max(weights[e] - from, least) * scale;
    }
    this.count = count;
  }

  clear(): void {
    const { touched, seen, out, into, count } = this;
    for (let at = 0; at < count; at++) {
      const module = touched[at];
      out[module] = into[module] = 0;
      seen[module] = 0;
    }
    this.count = 0;
  }
}

export interface MoveOptions {
  readonly random: Random;
  /** (n) where given, a node only joins nodes of its own group; every node must then start alone, in the module of its number. */
  readonly groups?: Int32Array | undefined;
  /** (n) where given, only nodes of a 1 move. */
  readonly movable?: Uint8Array | undefined;
  /** Called between passes; may throw to stop. */
  readonly betweenPasses?: (() => void) | undefined;
}

/**
 * Moves single nodes to the module around them, or to one of their own, that shortens the code most, in random order, until
 * none moves; after the first pass only those near a change are looked at again. Ties go to the module met first. Returns the
 * bits saved. What is settled from the start ({@link ModuleState.settled}) is not looked at.
 */
export function moveNodes(state: ModuleState, { random, groups, movable, betweenPasses }: MoveOptions): number {
  const { network } = state;
  const { n } = network;
  const undirected = network.in === network.out;
  const around = new Surroundings(n, undirected);
  const empty = emptyModules(state);
  const before = state.codeLength;
  const waiting = movable === undefined ? new Uint8Array(n) : movable.map((may) => (may === 0 ? 1 : 0)); // what may not move waits for ever
  let queue = new Int32Array(n);
  let length = 0;
  for (let i = 0; i < n; i++) {
    if (waiting[i] === 1 || state.settled[i] === 1) continue;
    waiting[i] = 1;
    queue[length++] = i;
  }
  random.shuffle(queue.subarray(0, length));
  let next = new Int32Array(n);
  while (length > 0) {
    let later = 0;
    for (let at = 0; at < length; at++) {
      const i = queue[at];
      waiting[i] = 0;
      const to = bestModule(state, i, around, empty, undirected, groups);
      if (to < 0) continue;
      later = wake(network.out, i, state.modules, waiting, next, later);
      if (!undirected) later = wake(network.in, i, state.modules, waiting, next, later);
    }
    [queue, next] = [next, queue];
    length = later;
    random.shuffle(queue.subarray(0, length));
    betweenPasses?.();
  }
  state.addUp();
  return before - state.codeLength;
}

/** Numbers of modules that hold no node, the last first. */
function emptyModules({ sizes }: ModuleState): number[] {
  const empty: number[] = [];
  for (let module = sizes.length - 1; module >= 0; module--) if (sizes[module] === 0) empty.push(module);
  return empty;
}

/** Moves node i where that shortens the code, and returns where to, else -1. */
function bestModule(
  state: ModuleState,
  i: number,
  around: Surroundings,
  empty: number[],
  undirected: boolean,
  groups: Int32Array | undefined,
): number {
  const { network, modules } = state;
  const from = modules[i];
  around.add(network.out, i, modules, around.out);
  if (!undirected) around.add(network.in, i, modules, around.into);
  const { out, into, touched, count } = around;
  const outFrom = out[from];
  const intoFrom = into[from];
  let best = -1;
  let bestChange = -least;
  state.leave(i, outFrom, intoFrom);
  for (let at = 0; at < count; at++) {
    const to = touched[at];
    if (to === from || (groups !== undefined && groups[to] !== groups[i])) continue;
    if (state.leastChangeTo(i, to, out[to], into[to]) > bestChange + rounding) continue;
    const change = state.changeTo(i, to, out[to], into[to]);
    if (change >= bestChange) continue;
    best = to;
    bestChange = change;
  }
  if (groups === undefined && state.sizes[from] > 1 && empty.length > 0) {
    const to = empty[empty.length - 1];
    if (state.changeTo(i, to, 0, 0) < bestChange) best = to;
  }
  if (best >= 0) {
    if (state.sizes[best] === 0) empty.pop();
    state.move(i, best, outFrom, intoFrom, out[best], into[best]);
    if (state.sizes[from] === 0) empty.push(from);
  }
  around.clear();
  return best;
}

/** Queues the neighbours of node i, which has moved, but those it has joined: they have one reason more to stay. */
function wake(
  links: FlowLinks,
  i: number,
  modules: Int32Array,
  waiting: Uint8Array,
  queue: Int32Array,
  length: number,
): number {
  const { targets } = links;
  const end = links.ends[i];
  const to = modules[i];
  for (let e = links.offsets[i]; e < end; e++) {
    const j = targets[e];
    if (waiting[j] === 1 || modules[j] === to) continue;
    waiting[j] = 1;
    queue[length++] = j;
  }
  return length;
}
