import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Whether the oclif manifest of a package describes its compiled commands: it is `absent`, `stale` where any of them is
 * newer, else `fresh`. An installed package has no sources, and its manifest is always the one it was packed with.
 */
export function manifestState(root) {
  const manifest = statSync(join(root, 'oclif.manifest.json'), { throwIfNoEntry: false });
  if (manifest === undefined) return 'absent';
  if (!existsSync(join(root, 'src'))) return 'fresh';
  const dist = join(root, 'dist');
  const commands = readdirSync(join(dist, 'commands')).filter((name) => name.endsWith('.js'));
  const described = [...commands.map((name) => join(dist, 'commands', name)), join(dist, 'l2c-command.js')];
  const newest = [...described, join(root, 'package.json')].map((path) => statSync(path).mtimeMs);
  return Math.max(...newest) > manifest.mtimeMs ? 'stale' : 'fresh';
}

/** Removes a stale manifest: the commands are loaded one by one then, as without any. */
export function dropStaleManifest(root) {
  if (manifestState(root) === 'stale') rmSync(join(root, 'oclif.manifest.json'), { force: true });
}
