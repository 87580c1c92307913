import type { Registry } from '../plugins/registry.js';
import type { Path, Setting } from './document.js';
import { roundKinds } from './schema.js';

type Mapping = Record<string, unknown>;

export const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Writes settings into a value, making mappings on the way. Returns a problem for each that meets a scalar. */
export function applySettings(value: unknown, settings: readonly Setting[]): { path: Path; fact: string }[] {
  const problems: { path: Path; fact: string }[] = [];
  for (const { path, value: given } of settings) {
    let node = value;
    for (const [depth, segment] of path.entries()) {
      if (Array.isArray(node) && (typeof segment !== 'number' || segment >= node.length)) {
        problems.push({
          path,
          fact: `"${path.slice(0, depth).join('.')}" is a list of ${node.length}, it has no "${segment}"`,
        });
        break;
      }
      if (!isMapping(node) && !Array.isArray(node)) {
        problems.push({ path, fact: `"${path.slice(0, depth).join('.')}" is no mapping` });
        break;
      }
      const container = node as Mapping;
      if (depth === path.length - 1) container[segment] = given;
      else {
        const inner = container[segment];
        // A bare type name grows into a mapping, so that options can be set beside it.
        if (inner === undefined || inner === null) container[segment] = {};
        else if (typeof inner === 'string' && isStage(path, depth)) container[segment] = { type: inner };
        node = container[segment];
      }
    }
  }
  return problems;
}

/** Whether a stage stands at this depth of a path: under the key of a kind, or in the list under it. */
function isStage(path: Path, depth: number): boolean {
  const key = typeof path[depth] === 'number' ? path[depth - 1] : path[depth];
  return key === 'evaluators' || roundKinds.some((kind) => kind === key);
}

/** A preset's pipeline with the keys beside `preset` laid over it. The name must be known to the registry. */
export function expandPreset(
  pipeline: Mapping,
  registry: Registry,
): { pipeline: Mapping } | { fact: string; wayOut: string | undefined } {
  const { preset, ...own } = pipeline;
  if (typeof preset !== 'string') return { pipeline };
  const lookup = registry.findPreset(preset);
  if (!('found' in lookup)) return lookup;
  return { pipeline: overlay(structuredClone<unknown>(lookup.found.pipeline), own) as Mapping };
}

/**
 * Lays `over` on `under`: mappings merge key by key, lists of mappings item by item, all else replaces. A stage of
 * another `type` replaces the whole stage, since its options mean nothing to the other.
 */
function overlay(under: unknown, over: unknown): unknown {
  if (Array.isArray(under) && Array.isArray(over) && over.every(isMapping) && over.length <= under.length) {
    return under.map((item: unknown, i) => (i < over.length ? overlay(item, over[i]) : item));
  }
  if (!isMapping(over)) return over;
  const base = typeof under === 'string' && over['type'] === undefined ? { type: under } : under;
  if (!isMapping(base)) return over;
  if (over['type'] !== undefined && over['type'] !== base['type']) return over;
  const result: Mapping = { ...base };
  for (const [key, value] of Object.entries(over)) result[key] = overlay(base[key], value);
  return result;
}
