import { countsToOffsets } from '../graph/csr.js';

export interface InheritOptions {
  /** Ids from here on were never given. */
  readonly nextId: number;
  /** Instances whose module gets the id they had, whatever else is in it; no two of them in one module, or of one id. */
  readonly held?: Int32Array | undefined;
}

/**
 * Ids for modules of n instances of which the first had ids before: each id goes to the module that holds most of its faces, the pairs with
 * most faces in common first, of equal ones the lower id; each id goes once, and modules that get none are given new ones by first
 * appearance. `earlier` holds m <= n ids, `modules` n numbers 0 .. count - 1. O(n + p log p) for p pairs of a module and an id.
 */
export function inheritIds(
  modules: Int32Array,
  count: number,
  earlier: Int32Array,
  { nextId, held = new Int32Array(0) }: InheritOptions,
): { ids: Int32Array; nextId: number } {
  const idOf = new Int32Array(count).fill(-1);
  const given = new Set<number>();
  const give = (module: number, id: number): void => {
    if (idOf[module] !== -1 || given.has(id)) return;
    idOf[module] = id;
    given.add(id);
  };
  for (const i of held) give(modules[i], earlier[i]);
  const { pairModules, pairIds, shared } = overlaps(modules, count, earlier);
  const order = [...shared.keys()].sort((p, q) => shared[q] - shared[p] || pairIds[p] - pairIds[q]);
  for (const pair of order) give(pairModules[pair], pairIds[pair]);
  let next = nextId;
  const ids = new Int32Array(modules.length);
  for (let i = 0; i < modules.length; i++) {
    const module = modules[i];
    if (idOf[module] === -1) idOf[module] = next++;
    ids[i] = idOf[module];
  }
  return { ids, nextId: next };
}

/** Each module with each earlier id in it, and the faces they share. */
function overlaps(
  modules: Int32Array,
  count: number,
  earlier: Int32Array,
): { pairModules: number[]; pairIds: number[]; shared: number[] } {
  const offsets = new Int32Array(count + 1);
  for (let i = 0; i < earlier.length; i++) offsets[modules[i] + 1] = offsets[modules[i] + 1] + 1;
  countsToOffsets(offsets);
  const cursor = offsets.slice(0, count);
  const grouped = new Int32Array(earlier.length);
  for (let i = 0; i < earlier.length; i++) grouped[cursor[modules[i]]++] = earlier[i];
  const [pairModules, pairIds, shared]: [number[], number[], number[]] = [[], [], []];
  for (let module = 0; module < count; module++) {
    const own = grouped.subarray(offsets[module], offsets[module + 1]).sort();
    for (let at = 0; at < own.length;) {
      let end = at + 1;
      while (end < own.length && own[end] === own[at]) end++;
      pairModules.push(module);
      pairIds.push(own[at]);
      shared.push(end - at);
      at = end;
    }
  }
  return { pairModules, pairIds, shared };
}
