import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { L2cError } from '../../src/errors.js';
import { readFeatures, readLabels } from '../../src/formats/features-file.js';
import { syntheticFaces, type SyntheticFaces } from '../../src/synth/synthetic-faces.js';
import { writeSyntheticFaces } from '../../src/synth/write-faces.js';

const bin = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

/** Mean cosine of all pairs of faces of one identity, and of different ones. */
function meanCosines({ features, labels }: SyntheticFaces): [same: number, different: number] {
  const [sums, counts] = [
    [0, 0],
    [0, 0],
  ];
  for (let i = 0; i < features.n; i++) {
    for (let j = 0; j < i; j++) {
      const [a, b] = [features.row(i), features.row(j)];
      let product = 0;
      for (let c = 0; c < a.length; c++) product += a[c] * b[c];
      const which = labels[i] === labels[j] ? 0 : 1;
      sums[which] += product;
      counts[which]++;
    }
  }
  return [sums[0] / counts[0], sums[1] / counts[1]];
}

describe('synthetic faces', () => {
  const options = { n: 400, dim: 32, difficulty: 0.5, seed: 3 };

  it('are unit rows, with identities numbered by first appearance and of uneven size', () => {
    const { features, labels } = syntheticFaces(options);
    expect([features.n, features.dim, labels.length]).to.deep.equal([400, 32, 400]);
    for (let i = 0; i < features.n; i++) expect(Math.hypot(...features.row(i))).closeTo(1, 1e-5);
    let seen = 0;
    for (const label of labels) if (label >= seen) expect(label).to.equal(seen++);
    const sizes = new Map<number, number>();
    for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
    expect(Math.min(...sizes.values())).to.equal(1);
    expect(Math.max(...sizes.values())).to.equal(20);
  });

  it('are the same by the seed, and others by another', () => {
    const first = syntheticFaces(options);
    expect(syntheticFaces(options)).to.deep.equal(first);
    expect(syntheticFaces({ ...options, seed: 4 }).labels).not.to.deep.equal(first.labels);
  });

  it('get harder: identities come apart and alike', () => {
    const cosines = [0, 0.5, 1].map((difficulty) => meanCosines(syntheticFaces({ ...options, difficulty })));
    const [easy, middle, hard] = cosines.map(([same, different]) => same - different);
    expect(easy).above(0.75);
    expect(middle).within(0.4, easy - 0.1);
    expect(hard).within(0.15, middle - 0.1);
  });

  it('come in any number', () => {
    for (const n of [0, 1, 2]) expect(syntheticFaces({ ...options, n }).labels.length).to.equal(n);
  });
});

describe('l2c synth', () => {
  const folder = mkdtempSync(join(tmpdir(), 'l2c-synth-'));
  after(() => rmSync(folder, { recursive: true }));

  function l2c(...args: string[]) {
    const { NODE_OPTIONS: _, TSX_TSCONFIG_PATH: __, ...env } = process.env;
    return spawnSync(process.execPath, [bin, 'synth', ...args], { env, encoding: 'utf8' });
  }

  it('writes faces and their identities', async () => {
    const { status, stdout, stderr } = l2c(join(folder, 'a/b'), '--faces', '300', '--dim', '16', '--json');
    expect(status, stderr).to.equal(0);
    const written = JSON.parse(stdout) as Record<string, unknown>;
    const expected = syntheticFaces({ n: 300, dim: 16, difficulty: 0.5, seed: 1 });
    const { features } = await readFeatures(written.features as string);
    expect(features.row(7)).to.deep.equal(expected.features.row(7));
    expect(await readLabels(written.labels as string, 300)).to.deep.equal(expected.labels);
    expect(written.identities).to.equal(new Set(expected.labels).size);
  });

  it('refuses a difficulty beyond 1', () => {
    for (const value of ['1.5', '', 'hard']) {
      const { status, stderr } = l2c(folder, '--difficulty', value);
      expect(status).to.equal(2);
      expect(stderr).to.include('--difficulty').and.include('from 0 to 1');
    }
    expect(existsSync(join(folder, 'features.npy'))).to.equal(false);
  });

  it('refuses what fits no memory, and a folder that is a file', async () => {
    const code = async (directory: string, n: number): Promise<string> => {
      try {
        await writeSyntheticFaces(directory, { n, dim: 256, difficulty: 0, seed: 1 });
      } catch (error) {
        return (error as L2cError).code;
      }
      throw new RangeError('written');
    };
    expect(await code(folder, 1e12)).to.equal('E_MEMORY');
    const file = join(folder, 'file');
    writeFileSync(file, 'mine');
    expect(await code(file, 1)).to.equal('E_OUTPUT');
    expect(readFileSync(file, 'utf8')).to.equal('mine');
  });
});
