import { countsToOffsets } from '../csr.js';
import { plainLinks, type FlowLinks, type FlowNetwork } from './flow-network.js';

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
  const { ends, weights, from, least, scale } = links;
  const sums = new FlowList(mostLinks(links), count);
  const place = new Int32Array(count).fill(-1);
  let at = 0;
  for (let module = 0; module < count; module++) {
    const first = at;
    sums.reserve(at + count);
    const { targets, flows } = sums;
    for (let u = members.offsets[module]; u < members.offsets[module + 1]; u++) {
      const i = members.nodes[u];
      for (let e = links.offsets[i]; e < ends[i]; e++) {
        const target = modules[links.targets[e]];
        if (target === module) continue;
        if (place[target] < first) {
          place[target] = at;
          targets[at] = target;
          flows[at++] = 0;
        }
        flows[place[target]] += Math.max(weights[e] - from, least) * scale;
      }
    }
    offsets[module + 1] = at;
  }
  return plainLinks({ n: count, offsets, targets: sums.targets.subarray(0, at) }, sums.flows.subarray(0, at));
}

/** There are no more links between modules than between nodes. */
function mostLinks({ n, offsets, ends }: FlowLinks): number {
  let most = 0;
  for (let i = 0; i < n; i++) most += ends[i] - offsets[i];
  return most;
}

/** Flows of links between modules: mostly few, most links are within one, but how many nobody knows before. */
class FlowList {
  targets: Int32Array;
  flows: Float64Array;

  constructor(
    private readonly most: number,
    modules: number,
  ) {
    const capacity = Math.min(most, Math.max(8 * modules, most >> 3));
    this.targets = new Int32Array(capacity);
    this.flows = new Float64Array(capacity);
  }

  /** Makes place for so many in all. */
  reserve(wanted: number): void {
    if (Math.min(wanted, this.most) <= this.targets.length) return;
    const { targets, flows } = this;
    const capacity = Math.min(this.most, Math.max(wanted, 2 * targets.length));
    this.targets = new Int32Array(capacity);
    this.flows = new Float64Array(capacity);
    this.targets.set(targets);
    this.flows.set(flows);
  }
}
