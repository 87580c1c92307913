import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folders = readdirSync(join(root, 'examples'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/**
 * `expected.json`: what each pipeline gives, to `tolerance`; rounding differs between engines and may move a link. `tolerances` are
 * of pipelines in which a rounding leads far astray, such as those of k-means.
 */
interface Expected {
  readonly tolerance: number;
  readonly tolerances?: Readonly<Record<string, number>>;
  readonly pipelines: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

interface Result {
  readonly pipelines: { pipeline: string; clusters: number; instances: number; metrics: Record<string, number> }[];
}

function record(results: Result['pipelines'], file: string): string {
  const pipelines = Object.fromEntries(
    results.map(({ pipeline, clusters, metrics }) => {
      const rounded = Object.entries(metrics).map(([name, value]) => [name, Number(value.toFixed(4))] as const);
      return [pipeline, { clusters, ...Object.fromEntries(rounded) }];
    }),
  );
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Expected) : { tolerance: 0.001 };
  const expected: Expected = { ...before, pipelines };
  return `${JSON.stringify(expected, undefined, 2)}\n`;
}

/** As a user would run it: what was built, without the settings of this test run. */
function node(script: string, args: readonly string[], cwd: string): SpawnSyncReturns<string> {
  const { NODE_OPTIONS: _, TSX_TSCONFIG_PATH: __, ...env } = process.env;
  return spawnSync(process.execPath, [join(root, script), ...args], { cwd, env, encoding: 'utf8' });
}

describe('examples', () => {
  let output: string;
  before(() => {
    expect(existsSync(join(root, 'packages/core/dist/index.js')), 'run `npm run build` first').to.equal(true);
    output = mkdtempSync(join(tmpdir(), 'l2c-examples-'));
  });
  after(() => rmSync(output, { recursive: true, force: true }));

  it('are listed, and each has a README', () => {
    const list = readFileSync(join(root, 'examples/README.md'), 'utf8');
    for (const folder of folders) {
      expect(list).to.include(`](${folder}/`);
      expect(existsSync(join(root, 'examples', folder, 'README.md')), folder).to.equal(true);
    }
  });

  for (const folder of folders.filter((name) => existsSync(join(root, 'examples', name, 'pipeline.yaml')))) {
    it(`${folder} gives what it says it gives`, () => {
      const path = join(root, 'examples', folder);
      const run = node(
        'packages/core/bin/run.js',
        ['run', 'pipeline.yaml', '--json', '--output', join(output, folder)],
        path,
      );
      expect(run.status, run.stdout + run.stderr).to.equal(0);
      const { pipelines } = JSON.parse(run.stdout) as Result;
      const recorded = join(path, 'expected.json');
      if (process.env['GOLDEN_UPDATE'] !== undefined) writeFileSync(recorded, record(pipelines, recorded));
      const expected = JSON.parse(readFileSync(recorded, 'utf8')) as Expected;
      expect(pipelines.map(({ pipeline }) => pipeline)).to.deep.equal(Object.keys(expected.pipelines));
      for (const { pipeline, metrics, clusters, instances } of pipelines) {
        const { clusters: wanted = NaN, ...wantedMetrics } = expected.pipelines[pipeline];
        const tolerance = expected.tolerances?.[pipeline] ?? expected.tolerance;
        expect(clusters, `${pipeline} clusters`).to.be.closeTo(wanted, tolerance * instances);
        expect(Object.keys(metrics), pipeline).to.include.members(Object.keys(wantedMetrics));
        for (const [name, value] of Object.entries(wantedMetrics)) {
          expect(metrics[name], `${pipeline} ${name}`).to.be.closeTo(value, tolerance);
        }
      }
    });
  }

  for (const folder of folders.filter((name) => existsSync(join(root, 'examples', name, 'package.json')))) {
    const path = join(root, 'examples', folder);

    it(`${folder} passes its own tests`, () => {
      const run = node('node_modules/mocha/bin/mocha.js', ['--reporter', 'json'], path);
      expect(run.status, run.stdout + run.stderr).to.equal(0);
      const { stats } = JSON.parse(run.stdout) as { stats: { passes: number; pending: number } };
      expect(stats.passes).to.be.above(10);
      expect(stats.pending).to.equal(0);
    });

    it(`${folder} uses what is published, and nothing else of this repository`, () => {
      const sources = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
      const imports = sources.flatMap((file) =>
        [...readFileSync(join(path, file), 'utf8').matchAll(/(?:from|import) '([^']+)'/g)].map(([, name]) => name),
      );
      const outside = imports.filter((name) => !name.startsWith('./') && !name.startsWith('../src/'));
      expect(outside).to.include('@l2c/core');
      expect(outside.filter((name) => !['@l2c/core', '@l2c/core/testing'].includes(name))).to.deep.equal([]);
    });
  }
});
