import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, extname, resolve, sep } from 'node:path';

/** What is followed: code, and data that code names. */
const extensions = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '.json'];
/** Where code names another file: `from './a.js'`, `import('./b.js')`, `new URL('./worker.js', import.meta.url)`. */
const relativeNames = /(['"`])(\.{1,2}\/[^'"`\n$]*)\1/g;
/** A plugin that names more is no folder of sources; what lies beyond does not count. */
const mostFiles = 2000;
const mostBytes = 64 * 2 ** 20;

const known = new Map<string, string | undefined>();

/**
 * Hash of the source of a plugin that is being worked on: its entry file and all files of code or JSON that these name by
 * a relative path, wherever they lie but in `node_modules`. Undefined for an installed package, which its version stands for.
 * Taken once for each entry in a process: a module is loaded once, too, however its file changes.
 */
export function contentOf(entry: string): string | undefined {
  const file = realpathSync(entry);
  if (!known.has(file)) known.set(file, isInstalled(file) ? undefined : hashFrom(file));
  return known.get(file);
}

const isInstalled = (file: string): boolean => file.split(sep).includes('node_modules');

function hashFrom(entry: string): string {
  const hash = createHash('sha256');
  const seen = new Set([entry]);
  let bytes = 0;
  // A set is walked in the order of insertion, and what is added on the way is walked, too.
  for (const file of seen) {
    const source = readFileSync(file);
    bytes += source.length;
    hash.update(`${source.length}\n`).update(source);
    if (bytes > mostBytes) break;
    if (extname(file) === '.json') continue;
    for (const [, , name] of source.toString('utf8').matchAll(relativeNames)) {
      const found = fileOf(resolve(dirname(file), name));
      if (found !== undefined && !isInstalled(found) && seen.size < mostFiles) seen.add(found);
    }
  }
  return hash.digest('hex').slice(0, 40);
}

/** The file that a name may mean: itself, the TypeScript it is compiled from, or what `require` would make of it. */
function fileOf(path: string): string | undefined {
  const extension = extname(path);
  const source = path.slice(0, path.length - extension.length) + extension.replace('js', 'ts');
  const candidates = extensions.includes(extension)
    ? [path, source]
    : [...extensions.map((each) => `${path}${each}`), ...extensions.map((each) => resolve(path, `index${each}`))];
  const found = candidates.find((candidate) => existsSync(candidate) && statSync(candidate).isFile());
  return found === undefined ? undefined : realpathSync(found);
}
