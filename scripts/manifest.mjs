// Writes packages/core/oclif.manifest.json: commands and flags as data, so that `l2c --help` loads no command. `npm run
// quickstart`, `npm test` and packing call this; a manifest older than the compiled commands is never used (bin/manifest.js).
import { renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { manifestState } from '../packages/core/bin/manifest.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', 'packages', 'core');

/** Does nothing where the manifest is newer than what it describes. */
export async function writeManifest() {
  if (manifestState(root) === 'fresh') return;
  const { Plugin } = await import('@oclif/core');
  const plugin = new Plugin({ root, type: 'core', ignoreManifest: true, errorOnManifestCreate: true });
  await plugin.load();
  const path = join(root, 'oclif.manifest.json');
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(plugin.manifest, undefined, 2)}\n`);
  renameSync(temporary, path);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeManifest();
