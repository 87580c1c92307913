import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { L2cError } from '../errors.js';
import type { StageKind } from '../stages/interfaces.js';
import { loadPlugin } from './load.js';
import type { Plugin } from './plugin.js';

/** A plugin that could be listed. */
export interface InstalledPlugin {
  /** The name of its package. */
  readonly specifier: string;
  readonly plugin: Plugin;
}

/** What somebody asked for that no loaded plugin has; without `kind`, a stage of any. */
export type Wanted = { readonly stage: string; readonly kind?: StageKind | undefined } | { readonly preset: string };

/**
 * The packages `@l2c/plugin-*` that can be seen from a folder, or from the current one, loaded; those that don't load are
 * left out. For messages alone: a pipeline uses what it lists.
 */
export async function installedPlugins(directory: string): Promise<InstalledPlugin[]> {
  const found: InstalledPlugin[] = [];
  for (const specifier of visibleNames([directory, process.cwd()])) {
    try {
      found.push({ specifier, plugin: await loadPlugin(specifier, directory) });
    } catch (error) {
      if (!(error instanceof L2cError)) throw error;
    }
  }
  return found;
}

function visibleNames(directories: readonly string[]): string[] {
  const folders = directories.flatMap((from) => createRequire(join(from, 'anchor.js')).resolve.paths('@l2c') ?? []);
  const scopes = [...new Set(folders)].map((folder) => join(folder, '@l2c')).filter((folder) => existsSync(folder));
  const names = scopes.flatMap((scope) => readdirSync(scope)).filter((name) => name.startsWith('plugin-'));
  return [...new Set(names)].sort().map((name) => `@l2c/${name}`);
}

/** The first of the plugins that has a stage or preset of this name, short or full. */
export function pluginWith(installed: readonly InstalledPlugin[], wanted: Wanted): InstalledPlugin | undefined {
  return installed.find(({ plugin }) => {
    const called = (name: string, asked: string): boolean => asked === name || asked === `${plugin.name}/${name}`;
    if ('preset' in wanted) return Object.keys(plugin.presets).some((name) => called(name, wanted.preset));
    return plugin.stages.some(
      ({ kind, type }) => (wanted.kind === undefined || kind === wanted.kind) && called(type, wanted.stage),
    );
  });
}
