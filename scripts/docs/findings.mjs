// What a stage needs besides its code: prose on its page, a test of its own, the contract suite, a place in the list.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Fewer words than this say nothing. */
const leastWords = 15;

export function stageFindings(root, registry, pageOf, sheets) {
  const tests = sourcesUnder(root, 'test').filter(({ path }) => path.endsWith('.test.ts'));
  // Templates hold the source of a stage that belongs to whoever asks for it.
  const sources = sourcesUnder(root, 'src').filter(({ path }) => !path.includes('/templates/'));
  return [
    ...sheets.flatMap((sheet) => pageFindings(sheet, pageOf(sheet))),
    ...sheets.flatMap((sheet) => testFindings(sheet, tests)),
    ...listFindings(registry, sources),
  ];
}

function pageFindings({ name }, page) {
  return ['What it does', 'How it works'].flatMap((title) => {
    const [, section = ''] = page.split(`## ${title}\n`);
    const [prose] = section.split(/^## /m);
    const words = prose.split(/\s+/).filter((word) => word !== '').length;
    return words < leastWords ? [`docs/stages: ${name} says too little under "${title}"`] : [];
  });
}

function testFindings({ name }, tests) {
  const type = name.split('/')[1];
  const constant = `${type.replace(/-(\w)/g, (_, letter) => letter.toUpperCase())}Stage`;
  const problems = [];
  if (!tests.some(({ text }) => new RegExp(`/${type}\\.js'`).test(text)))
    problems.push(`${name}: no test imports ${type}.js`);
  if (!tests.some(({ text }) => new RegExp(`describeStage\\(\\s*${constant}\\b`).test(text))) {
    problems.push(`${name}: no test calls describeStage(${constant}, ...)`);
  }
  return problems;
}

/** Stages that are defined somewhere and listed nowhere. */
function listFindings(registry, sources) {
  const listed = new Set(registry.stages().map(({ definition }) => `${definition.kind} ${definition.type}`));
  return sources.flatMap(({ path, text }) =>
    [...text.matchAll(/defineStage\(\{\s*kind: '(\w+)',\s*type: '([\w-]+)'/g)]
      .filter(([, kind, type]) => !listed.has(`${kind} ${type}`))
      .map(([, kind, type]) => `${path}: the ${kind} ${type} is in no plugin's list of stages`),
  );
}

function sourcesUnder(root, folder) {
  const packages = readdirSync(join(root, 'packages'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return packages.flatMap(({ name }) => {
    const base = join(root, 'packages', name, folder);
    let files;
    try {
      files = readdirSync(base, { recursive: true });
    } catch (error) {
      if (error.code === 'ENOENT') return [];
      throw error;
    }
    return files
      .filter((file) => /\.ts$/.test(file))
      .map((file) => ({ path: `packages/${name}/${folder}/${file}`, text: readFileSync(join(base, file), 'utf8') }));
  });
}
