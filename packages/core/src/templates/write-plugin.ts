import { mkdir, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { problem } from '../errors.js';
import { temporaryBeside } from '../formats/atomic.js';
import { version } from '../version.js';
import { pluginFiles } from './plugin-files.js';

export interface WrittenPlugin {
  /** Absolute. */
  readonly folder: string;
  readonly package: string;
  readonly plugin: string;
  /** Relative to the folder, with slashes. */
  readonly files: readonly string[];
}

/**
 * Writes a runnable plugin into the new or empty folder `name` of `directory`: all of it or, where something fails,
 * nothing. Throws an L2cError E_USAGE for a name that is none, E_OUTPUT where the folder can't be made.
 */
export async function writePlugin(name: string, directory: string): Promise<WrittenPlugin> {
  const plugin = pluginName(name);
  const folder = resolve(directory, name);
  await assertFree(folder);
  const files = pluginFiles({ package: name, plugin, core: version, checkout: checkout() });
  const scratch = temporaryBeside(folder);
  try {
    await mkdir(scratch);
    for (const [path, content] of files) {
      const file = join(scratch, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    }
    // An empty folder of that name makes room: not everywhere does a rename replace it.
    await rmdir(folder).catch(() => undefined);
    await rename(scratch, folder);
  } catch (cause) {
    await rm(scratch, { recursive: true, force: true });
    const fact = `can't be written: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw problem('E_OUTPUT', folder, fact, 'go to a folder where you may write', cause);
  }
  return { folder, package: name, plugin, files: [...files.keys()] };
}

/** This package's own folder where it runs from a checkout: npm would look for it in vain. */
function checkout(): string | undefined {
  const own = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
  return own.split(sep).includes('node_modules') ? undefined : own;
}

/** The name in front of stages: without `l2c-plugin-`, which says nothing there. */
function pluginName(name: string): string {
  const wayOut = 'choose one such as my-plugin: lower case letters, digits and single hyphens, a letter first';
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > 100) {
    throw problem('E_USAGE', `init "${name}"`, 'is no name for a plugin', wayOut);
  }
  const plugin = name.replace(/^l2c-plugin-(?=[a-z])/, '');
  if (plugin === 'core')
    throw problem('E_USAGE', `init "${name}"`, "is the name of l2c's own stages", 'choose another');
  return plugin;
}

async function assertFree(folder: string): Promise<void> {
  const wayOut = 'choose another name, or move what is there';
  try {
    const entries = await readdir(folder);
    if (entries.length > 0) throw problem('E_OUTPUT', folder, 'the folder exists and is not empty', wayOut);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') throw problem('E_OUTPUT', folder, 'a file of that name exists', wayOut, error);
    if (code !== 'ENOENT') throw error;
  }
}
