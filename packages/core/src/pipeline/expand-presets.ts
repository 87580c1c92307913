import type { Registry } from '../plugins/registry.js';
import type { Path } from './document.js';
import { expandPreset, isMapping } from './expand.js';

/** Hears of a preset that no plugin has. */
export type UnknownPreset = (path: Path, name: string, fact: string, wayOut: string | undefined) => void;

/** Puts in place of each `preset` of a file, in it, what the preset stands for. One that is not known stays as it is. */
export function expandPresets(raw: Record<string, unknown>, registry: Registry, unknown: UnknownPreset): void {
  const expand = (holder: Record<string, unknown>, path: Path): Record<string, unknown> => {
    const result = expandPreset(holder, registry);
    if ('pipeline' in result) return result.pipeline;
    unknown([...path, 'preset'], holder['preset'] as string, result.fact, result.wayOut);
    return holder;
  };
  if (isMapping(raw['pipelines'])) {
    for (const [name, pipeline] of Object.entries(raw['pipelines'])) {
      if (isMapping(pipeline)) raw['pipelines'][name] = expand(pipeline, ['pipelines', name]);
    }
  } else if (raw['preset'] !== undefined) {
    const expanded = expand(raw, []);
    if (expanded === raw) return;
    for (const key of Object.keys(raw)) delete raw[key];
    Object.assign(raw, expanded);
  }
}
