import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { L2cError, problem } from '../errors.js';
import { stageKinds } from '../stages/interfaces.js';
import type { StageDefinition } from '../stages/define-stage.js';
import { contentOf } from './content.js';
import type { Plugin } from './plugin.js';

/**
 * Imports a plugin by package name or by path (`./`, `../` or absolute), seen from the user's directory and not from
 * where this package lies. Throws an L2cError E_PLUGIN that keeps the cause.
 */
export async function loadPlugin(specifier: string, fromDirectory: string): Promise<Plugin> {
  const place = `plugin ${specifier}`;
  const file = resolvePlugin(specifier, fromDirectory);
  let content: string | undefined;
  let module: { default?: unknown };
  try {
    content = contentOf(file); // before the import: what is loaded is then no older than what is hashed
    module = (await import(pathToFileURL(file).href)) as { default?: unknown };
  } catch (cause) {
    if (cause instanceof L2cError) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw problem('E_PLUGIN', place, `throws while it loads: ${message}`, `see whether \`node ${file}\` runs`, cause);
  }
  return { ...assertPlugin(module.default, place), content };
}

function resolvePlugin(specifier: string, fromDirectory: string): string {
  const place = `plugin ${specifier}`;
  if (specifier.startsWith('.') || isAbsolute(specifier)) {
    const path = resolve(fromDirectory, specifier);
    if (!existsSync(path))
      throw problem('E_PLUGIN', place, `there is no ${path}`, 'paths are relative to the pipeline file');
    if (!statSync(path).isDirectory()) return path;
    try {
      return createRequire(join(path, 'anchor.js')).resolve(path);
    } catch (cause) {
      const wayOut = 'its package.json needs a "main" that exists (has it been built?), or name the file itself';
      throw problem('E_PLUGIN', place, `the folder ${path} has no entry point`, wayOut, cause);
    }
  }
  for (const from of [fromDirectory, process.cwd()]) {
    const found = resolvePackage(specifier, from);
    if (found !== undefined) return found;
  }
  throw problem(
    'E_PLUGIN',
    place,
    `is not installed where ${fromDirectory} can see it`,
    wayTo(specifier, fromDirectory),
  );
}

/** A folder of that name is what was meant. Names that don't look like plugins of l2c may be anybody's packages. */
function wayTo(specifier: string, fromDirectory: string): string {
  if (existsSync(resolve(fromDirectory, specifier))) return `for the folder or file of that name write ./${specifier}`;
  const ours = /^@l2c\/|^(@[^/]+\/)?l2c-plugin-/.test(specifier);
  return ours ? `npm install ${specifier}` : 'write the name of an installed package, or the ./path of a folder';
}

/** `require` resolution first; packages that export only an `import` condition are read from their package.json. */
function resolvePackage(name: string, from: string): string | undefined {
  const require = createRequire(join(from, 'anchor.js'));
  try {
    return require.resolve(name);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') return undefined;
  }
  for (const folder of require.resolve.paths(name) ?? []) {
    const manifest = join(folder, name, 'package.json');
    if (!existsSync(manifest)) continue;
    const { exports } = JSON.parse(readFileSync(manifest, 'utf8')) as { exports?: unknown };
    const entry = importCondition((exports as Record<string, unknown> | undefined)?.['.'] ?? exports);
    return entry === undefined ? undefined : join(folder, name, entry);
  }
  return undefined;
}

/** The first target that the conditions `node`, `import` and `default` reach, in the order the package gives them. */
function importCondition(target: unknown): string | undefined {
  if (typeof target === 'string') return target;
  if (typeof target !== 'object' || target === null) return undefined;
  for (const [condition, inner] of Object.entries(target)) {
    if (!['node', 'import', 'default'].includes(condition)) continue;
    const found = importCondition(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Checks the shape of what a plugin module exports by default. */
function assertPlugin(value: unknown, place: string): Plugin {
  const plugin = value as Partial<Plugin> | undefined;
  const wayOut = 'export default definePlugin({ name, stages })';
  if (
    typeof plugin !== 'object' ||
    plugin === null ||
    typeof plugin.name !== 'string' ||
    !Array.isArray(plugin.stages)
  ) {
    throw problem('E_PLUGIN', place, 'has no plugin as its default export', wayOut);
  }
  if (!/^[a-z0-9][a-z0-9-]*$/.test(plugin.name)) {
    throw problem('E_PLUGIN', place, `calls itself "${plugin.name}", which is not kebab-case`, 'rename it');
  }
  for (const [index, stage] of (plugin.stages as (Partial<StageDefinition> | undefined)[]).entries()) {
    const ok =
      typeof stage?.type === 'string' &&
      stageKinds.some((kind) => kind === stage.kind) &&
      typeof stage.create === 'function' &&
      typeof stage.options === 'object';
    if (!ok) throw problem('E_PLUGIN', place, `its stage ${index} is no stage`, 'make it with defineStage');
  }
  return { version: '0.0.0', presets: {}, ...plugin } as Plugin;
}
