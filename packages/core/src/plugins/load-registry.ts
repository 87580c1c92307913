import { builtinPlugin } from '../builtin/index.js';
import { loadPlugin } from './load.js';
import { Registry } from './registry.js';

/** Core's own stages and those of the given plugins, resolved from `directory`. */
export async function loadRegistry(specifiers: readonly string[], directory: string): Promise<Registry> {
  const registry = new Registry([builtinPlugin]);
  for (const specifier of specifiers) registry.add(await loadPlugin(specifier, directory));
  return registry;
}
