import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createCompute,
  createRandom,
  Features,
  fillOptions,
  L2cError,
  normalise,
  readNpz,
  rowsOf,
  writeFeatures,
  writeWeights,
  type Compute,
  type NpyArray,
  type Tensor,
  type TrainingExample,
} from '@l2c/core';
import { describeStage, memoryCheckpoints, testServices, tinyFaces, type TinyFaces } from '@l2c/core/testing';
import { expect } from 'chai';
import { committeeMembers } from '../src/committee.js';
import { mediator, mediatorStage, type MediatorOptions } from '../src/mediator.js';
import { trainMediator } from '../src/mediator-training.js';
import { pairFeatures } from '../src/pair-features.js';
import { graphFrom } from './golden-committee.js';
import { goldenFaces, linksOf } from './golden-faces.js';

const goldenFile = (name: string): string => fileURLToPath(new URL(`./golden/cdp/${name}`, import.meta.url));
const golden = (name: string): Promise<Map<string, NpyArray>> => readNpz(goldenFile(name));

interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly seed: number;
  readonly scale: number;
  readonly offset: number;
}

/** Weights by the linear congruential generator that the golden data states. */
function generated({ name, shape, seed, scale, offset }: WeightSpec): [string, Tensor] {
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  let x = seed;
  for (let i = 0; i < values.length; i++) {
    x = (Math.imul(1664525, x) + 1013904223) >>> 0;
    values[i] = offset + scale * ((2 * x) / 2 ** 32 - 1);
  }
  return [name, { shape, values }];
}

/** What another network may have made of the same faces: each row moved at random. */
function otherFeatures({ features }: TinyFaces, noise: number, seed: number): Features {
  const random = createRandom(seed);
  const { n, dim } = features;
  const values = new Float32Array(n * dim);
  features.copyRows(0, n, values);
  return normalise(
    Features.from(
      values.map((value) => value + (noise * random.normal()) / Math.sqrt(dim)),
      dim,
    ),
  );
}

const faces = tinyFaces({ sizes: [12, 10, 9, 8, 7, 1], k: 8, noise: 1 });
const folder = mkdtempSync(join(tmpdir(), 'l2c-mediator-'));
const committee = ['one.npy', 'two.npy'].map((name) => join(folder, name));
for (const [m, file] of committee.entries()) await writeFeatures(file, otherFeatures(faces, 1, m + 11));
const example: TrainingExample = {
  proposals: faces.edges,
  context: { features: faces.features, knn: faces.knn, truth: faces.truth },
  previousScores: { proposals: faces.edges.similarities },
};

function filled(given: Partial<MediatorOptions> = {}): MediatorOptions {
  const { options, problems } = fillOptions(mediatorStage, { weights: 'unused', committee, k: 6, ...given });
  expect(problems).to.deep.equal([]);
  return options as unknown as MediatorOptions;
}

async function refusal(work: Promise<unknown>): Promise<L2cError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).instanceOf(L2cError);
  return error as L2cError;
}

describe('mediator', () => {
  after(() => rmSync(folder, { recursive: true, force: true }));

  describeStage(mediatorStage, [
    { options: { committee, k: 6, epochs: 2 }, faces },
    { options: { committee: [committee[1]], k: 4, hidden: 5, optimizer: 'sgd', validation: 0.3, patience: 1, epochs: 3, batchSize: 64 }, faces }, // prettier-ignore
  ]);

  it('golden pair features, the same both ways', async () => {
    const tables = await golden('cdp.npz');
    const wanted = await golden('mediator_pairs.npz');
    const base = graphFrom(tables, 'base_k30', 15);
    const features = await goldenFaces();
    const members = [0, 1, 2].map((m) => ({ features, knn: graphFrom(tables, `cmt${m}_k15`, 15) }));
    const links = linksOf(base);
    const found = await pairFeatures(links, base, members, 14);
    expect(found.dim).to.equal(11);
    const at = new Map<number, number>();
    const pairs = wanted.get('pairs')!.data as Int32Array;
    for (let p = 0; p < pairs.length / 2; p++) at.set(2000 * pairs[2 * p] + pairs[2 * p + 1], p);
    const relationship = wanted.get('relationship')!;
    const structure = wanted.get('structure')!;
    const affinity = wanted.get('affinity_base')!;
    const rows = relationship.shape[0];
    const row = new Float32Array(11);
    const seen = new Set<number>();
    let checked = 0;
    for (let i = 0; i < links.n; i++) {
      for (let e = links.offsets[i]; e < links.offsets[i + 1]; e++) {
        const j = links.targets[e];
        const p = at.get(2000 * Math.min(i, j) + Math.max(i, j));
        if (p === undefined) throw new RangeError(`no pair ${i} ${j}`);
        seen.add(p);
        if (p >= rows) continue;
        found.copyRows(e, e + 1, row);
        const golden = [
          ...Array.from({ length: 3 }, (_, m) => Number(relationship.data[3 * p + m])),
          ...Array.from({ length: 4 }, (_, m) => Number(structure.data[4 * p + m])),
        ];
        expect([...row.subarray(0, 3), ...row.subarray(7)], `${i} ${j}`).to.deep.equal(golden);
        expect(Math.abs(row[3] - Number(affinity.data[p]))).below(1e-6);
        // the members of this test have the features of the base: products are ours, not those of the table
        for (const c of [4, 5, 6]) expect(Math.abs(row[c] - Number(affinity.data[p]))).below(1e-6);
        checked++;
      }
    }
    expect(seen.size).to.equal(pairs.length / 2);
    expect(checked).above(rows);
  });

  it('cuts the lists of the base to the length of those of the members', async () => {
    const members = [{ features: faces.features, knn: faces.knn }];
    const whole = await pairFeatures(faces.edges, faces.knn, members, 8);
    const cut = await pairFeatures(faces.edges, faces.knn, members, 3);
    expect([...whole.structure[0]]).to.deep.equal([...whole.structure[1]]);
    expect([...cut.structure[1]]).to.deep.equal([...whole.structure[1]]);
    expect(Math.max(...cut.structure[0])).at.most(4);
  });

  it('golden probabilities, on every engine', async () => {
    const text = await readFile(goldenFile('cdp.json'), 'utf8');
    const { mediator_net } = JSON.parse(text) as { mediator_net: { spec: WeightSpec[] } };
    const weights = new Map(mediator_net.spec.map(generated));
    const data = await golden('mediator_forward.npz');
    const rows = rowsOf(Float32Array.from(data.get('x')!.data as Float32Array), 11);
    const wanted = data.get('prob')!.data as Float32Array;
    for (const engine of ['plain', 'tfjs', 'onnxruntime'] as const) {
      let compute: Compute;
      try {
        compute = await createCompute({ engine, device: 'cpu', threads: 0 }, testServices().log);
      } catch (error) {
        if (engine !== 'onnxruntime') throw error; // it is optional
        continue;
      }
      const found = await mediator(rows, weights, testServices({ compute }));
      expect(found.length).to.equal(64);
      found.forEach((score, p) => expect(Math.abs(score - wanted[2 * p + 1]), `${engine} ${p}`).below(1e-5));
      await compute.dispose();
    }
  });

  describe('training', () => {
    it('learns, and its weights are for plain rows', async () => {
      const options = filled({ epochs: 60, batchSize: 64, learningRate: 0.01 });
      const { weights, record } = await trainMediator([example], options, testServices());
      const losses = record['losses'] as number[];
      expect(losses.at(-1)!).below(0.5 * losses[0]);
      const file = join(folder, 'learnt.safetensors');
      await writeWeights(file, weights);
      const stage = mediatorStage.create({ ...options, weights: file }, testServices());
      const context = { features: faces.features, knn: faces.knn };
      const { proposals } = await stage.score(faces.edges, context, { proposals: faces.edges.similarities });
      const auc = rankingOf(proposals);
      expect(auc).above(0.95);
      expect(auc).above(rankingOf(faces.edges.similarities));
    });

    it('goes on after a stop with the same losses and weights', async () => {
      const options = filled({ epochs: 5, batchSize: 64 });
      const whole = await trainMediator([example], options, testServices());
      const checkpoints = memoryCheckpoints();
      const stop = new AbortController();
      // the search for neighbours has its progress as well, counted in blocks
      const update = (done: number, total: number): void => (total === 5 && done === 2 ? stop.abort() : undefined);
      const services = testServices({ checkpoints, signal: stop.signal, progress: { update } });
      const stopped = await trainMediator([example], options, services).catch((error: unknown) => error);
      expect(stopped).to.have.property('name', 'AbortError');
      const rest = await trainMediator([example], options, testServices({ checkpoints }));
      expect(rest.record['resumedAt']).to.equal(2);
      expect(rest.record['losses']).to.deep.equal(whole.record['losses']);
      expect([...rest.weights]).to.deep.equal([...whole.weights]);
    });

    it('starts from weights for plain rows', async () => {
      const first = await trainMediator([example], filled({ epochs: 5, hidden: 7 }), testServices());
      const file = join(folder, 'first.npz');
      await writeWeights(file, first.weights);
      // a rate too small to move anything: what goes in comes out
      const options = filled({ epochs: 1, initialWeights: file, learningRate: 1e-12 });
      const again = await trainMediator([example], options, testServices());
      for (const [name, { shape, values }] of again.weights) {
        const before = first.weights.get(name)!;
        expect(shape).to.deep.equal(before.shape);
        values.forEach((value, v) => expect(Math.abs(value - before.values[v]), name).below(1e-4));
      }
    });

    it('holds out links by identity, and leaves out instances of unknown identity', async () => {
      const none = await trainMediator([example], filled({ epochs: 1 }), testServices());
      const some = await trainMediator([example], filled({ epochs: 1, validation: 0.3 }), testServices());
      expect(none.record['heldOutLosses']).to.deep.equal([]);
      expect((some.record['heldOutLosses'] as number[])[0]).above(0);
      expect(some.record['links']).below(none.record['links'] as number);
      const truth = faces.truth.map((name) => (name === 0 ? -1 : name));
      const unknown = { ...example, context: { ...example.context, truth } };
      const { record } = await trainMediator([unknown], filled({ epochs: 1 }), testServices());
      expect(record['links']).below(none.record['links'] as number);
    });

    it('refuses what teaches nothing', async () => {
      const alike = { ...example, context: { ...example.context, truth: new Int32Array(faces.n) } };
      const { code, message } = await refusal(trainMediator([alike], filled(), testServices()));
      expect(code).to.equal('E_DATA');
      expect(message).to.contain('no link is between identities');
      const unknown = { ...example, context: { ...example.context, truth: new Int32Array(faces.n).fill(-1) } };
      const other = await refusal(trainMediator([unknown], filled(), testServices()));
      expect(other.message).to.contain('no link has two known ends');
    });
  });

  it('refuses a committee that is not that of the weights before a run', async () => {
    const { n, dim } = faces;
    const { weights } = await trainMediator([example], filled({ epochs: 1 }), testServices());
    const file = join(folder, 'two-members.safetensors');
    await writeWeights(file, weights);
    const facts = async (given: Partial<MediatorOptions>): Promise<string[]> => {
      const problems = await mediatorStage.check({ ...filled({ weights: file, ...given }) }, { n, dim });
      return problems.map(({ option, fact }) => `${option}: ${fact}`);
    };
    expect(await facts({})).to.deep.equal([]);
    expect(await facts({ committee: [committee[0]] })).to.deep.equal([
      'committee: a committee of 1, and of 2 when the weights were trained',
    ]);
    expect(await facts({ k: n })).to.deep.equal([`k: ${n} neighbours of ${n} instances`]);
    const foreign = join(folder, 'foreign.npz');
    await writeWeights(foreign, new Map([['conv1.weight', { shape: [1, 1], values: Float32Array.of(1) }]]));
    expect((await facts({ weights: foreign })).join('\n')).to.contain('fc1.weight is missing');
  });

  it('refuses a committee of other instances, and too many neighbours, while it runs', async () => {
    const next = (options: MediatorOptions, n: number) =>
      committeeMembers(options, n, undefined, testServices()).next();
    const lengths = await refusal(next(filled(), faces.n + 1));
    expect(lengths.code).to.equal('E_DATA');
    expect(lengths.message).to.contain(`holds ${faces.n} instances, the file of features has ${faces.n + 1}`);
    expect((await refusal(next(filled({ k: faces.n }), faces.n))).message).to.contain('neighbours of');
  });
});

/** The share of pairs of links, one within and one between identities, that scores rank rightly. */
function rankingOf(scores: Float32Array): number {
  const { offsets, targets } = faces.edges;
  const within: number[] = [];
  const between: number[] = [];
  for (let i = 0; i < faces.n; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      (faces.truth[i] === faces.truth[targets[e]] ? within : between).push(scores[e]);
    }
  }
  let right = 0;
  for (const a of within) for (const b of between) right += a > b ? 1 : a === b ? 0.5 : 0;
  return right / (within.length * between.length);
}
