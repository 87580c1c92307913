// Removes what builds and runs leave behind; node_modules stays.
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folders = (parent) =>
  readdirSync(join(root, parent), { withFileTypes: true }).filter((entry) => entry.isDirectory());

const leftovers = ['coverage', 'docs/api', 'runs', '.l2c-cache', '.nx', 'packages/core/oclif.manifest.json'];
for (const { name } of folders('packages'))
  leftovers.push(`packages/${name}/dist`, `packages/${name}/.test-types`, `packages/${name}/.page-types`);
for (const { name } of folders('examples')) leftovers.push(`examples/${name}/runs`, `examples/${name}/.l2c-cache`);
for (const path of leftovers) rmSync(join(root, path), { recursive: true, force: true });
