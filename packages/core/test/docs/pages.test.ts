import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('pages of the documentation', () => {
  const folders = ['docs', 'docs/methods', 'docs/stages', 'examples'];
  const beside = readdirSync(join(root, 'examples'))
    .map((name) => `examples/${name}/README.md`)
    .filter((path) => existsSync(join(root, path)));
  const pages = [
    'README.md',
    ...folders.flatMap((folder) => readdirSync(join(root, folder)).filter((name) => name.endsWith('.md')).map((name) => `${folder}/${name}`)), // prettier-ignore
    ...beside,
  ];

  it('link to files that are there', () => {
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
        .map(([, target]) => target)
        .filter((target) => !/^\w+:/.test(target) && !existsSync(join(root, dirname(page), target)))
        .map((target) => `${page}: ${target}`),
    );
    expect(pages.length).to.be.above(40);
    expect(broken).to.deep.equal([]);
  });

  it('list every method', () => {
    const essays = readdirSync(join(root, 'docs/methods')).filter((name) => name !== 'README.md');
    const listed = [...read('docs/methods/README.md').matchAll(/^\| \[[^\]]+\]\(([\w-]+\.md)\)/gm)].map(
      ([, name]) => name,
    );
    expect(listed.sort()).to.deep.equal(essays.sort());
  });

  it('tell plugin authors the methods of the interfaces as they are', () => {
    const signature = /^\| `(\w+)` +\| `(\w+)\((.*?)\): (\w+)`/gm;
    const told = [...read('docs/writing-a-plugin.md').matchAll(signature)].map(([, kind, method, given, noun]) => [
      kind,
      `${method}(${given.replaceAll('\\|', '|')}): Awaitable<${noun}>;`,
    ]);
    const code = read('packages/core/src/stages/interfaces.ts');
    const kinds = ['knnBuilder', 'proposalGenerator', 'scorer', 'deoverlapper', 'evaluator'];
    expect(told.map(([kind]) => kind)).to.deep.equal(kinds);
    for (const [kind, line] of told) {
      const [, body] = new RegExp(`interface ${kind[0].toUpperCase()}${kind.slice(1)} \\{([^]*?)\\n\\}`).exec(code)!;
      expect(body, kind).to.include(line);
    }
  });
});
