// Writes what is derived from the built code: pages of stages (their generated parts; prose stays), the list of stages,
// the page of commands, and the editor's JSON Schema. With --check nothing is written; it fails where a file would change,
// and for a stage without prose, test or entry in its plugin's list.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadRegistry, pipelineSchema, stageSheets } from '../packages/core/dist/index.js';
import { commandsPage } from './docs/commands.mjs';
import { stageFindings } from './docs/findings.mjs';
import { pageNames, stageList, stagePage } from './docs/stages.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const check = process.argv.includes('--check');
const read = (path) => {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
};

const plugins = readdirSync(join(root, 'packages')).filter((name) => name.startsWith('plugin-'));
const registry = await loadRegistry(
  plugins.map((name) => `./packages/${name}`),
  root,
);
const sheets = stageSheets(registry);
const names = pageNames(sheets);

const files = new Map();
for (const sheet of sheets) {
  const path = `docs/stages/${names.get(sheet)}.md`;
  files.set(path, stagePage(sheet, read(path)));
}
files.set('docs/stages/README.md', stageList(sheets, names, read('docs/stages/README.md')));
files.set('docs/commands.md', await commandsPage(join(root, 'packages/core')));
const schema = pipelineSchema(await loadRegistry([], root));
files.set('packages/core/schema/pipeline.schema.json', `${JSON.stringify(schema, undefined, 2)}\n`);

const problems = [];
for (const [path, content] of files) {
  if (read(path) === content) continue;
  if (check) {
    problems.push(`${path}: is out of date; run \`npm run docs\` and commit the result`);
    continue;
  }
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
  console.log(`wrote ${path}`);
}
for (const file of readdirSync(join(root, 'docs/stages'))) {
  const path = `docs/stages/${file}`;
  if (file.endsWith('.md') && !files.has(path))
    problems.push(`${path}: there is no stage of this name; remove the page`);
}
problems.push(...stageFindings(root, registry, (sheet) => files.get(`docs/stages/${names.get(sheet)}.md`), sheets));

for (const problem of problems) console.error(problem);
if (check) console.log(`${files.size} generated files, ${sheets.length} stages: ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
