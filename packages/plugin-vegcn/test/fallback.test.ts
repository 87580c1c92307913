import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  fillOptions,
  L2cError,
  writeWeights,
  type Scorer,
  type StageDefinition,
  type TrainableScorer,
  type TrainingExample,
} from '@l2c/core';
import { bruteForceKnn, testServices, tinyFaces, toEdgeProposals } from '@l2c/core/testing';
import { expect } from 'chai';
import { bestTree } from '../src/best-tree.js';
import { fallbackOf, givenWay, modelWeights } from '../src/fallback.js';
import { gate } from '../src/gate.js';
import { gcnEStage } from '../src/gcn-e.js';
import { gcnVStage, rawConfidence } from '../src/gcn-v.js';
import { heldOutFaces } from '../src/held-out-faces.js';
import { linkScores } from '../src/link-scores.js';

const folder = mkdtempSync(join(tmpdir(), 'l2c-fallback-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const faces = tinyFaces({ sizes: [12, 10, 9, 8, 8, 7, 7, 6, 6, 5], k: 8, dim: 24, noise: 0.8 });
const example: TrainingExample = {
  proposals: faces.edges,
  context: { features: faces.features, knn: faces.knn, truth: faces.truth },
  previousScores: { proposals: faces.edges.similarities, vertices: faces.confidence },
};

/** A stage, what it said, and what it kept of its run. */
function opened(definition: StageDefinition, given: Record<string, unknown>) {
  const { options, problems } = fillOptions(definition, { weights: 'unused', ...given });
  expect(problems).to.deep.equal([]);
  const [warnings, facts]: [string[], Record<string, unknown>] = [[], {}];
  const log = { ...testServices().log, warn: (message: string) => void warnings.push(message) };
  const services = testServices({ log, record: (name, fact) => void (facts[name] = fact) });
  return { stage: definition.create(options, services) as Scorer, warnings, facts };
}

async function errorOf(work: Promise<unknown>): Promise<L2cError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).instanceOf(L2cError);
  return error as L2cError;
}

describe('fallback: raw', () => {
  const judged = { learned: 0.7, raw: new Map([[0.3, 0.5], [0.6, 0.7]]) }; // prettier-ignore
  const trained = { weights: new Map([['w', { shape: [1], values: Float32Array.of(2) }]]), record: { epochs: 3 } };
  const options = { validation: 0.4, seed: 1 };
  const passed = async (learned: number, examples = [example]) => {
    const services = testServices();
    const heldOut = await heldOutFaces(examples, options, services, 'gcn-v');
    return gate(heldOut, trained, services, 'gcn-v', async () => ({ ...judged, learned }));
  };

  it('keeps weights that are better, and marks those that are not', async () => {
    const better = await passed(0.71);
    expect(fallbackOf(better.weights)).to.equal(undefined);
    expect(better.record).to.deep.include({ epochs: 3 }).and.nested.include({ 'fallback.kept': 'learned' });
    const equal = await passed(0.7);
    expect(fallbackOf(equal.weights)).to.equal(Math.fround(0.6));
    expect([...modelWeights(equal.weights)]).to.deep.equal([...trained.weights]);
    expect(equal.record).nested.include({ 'fallback.kept': 'raw', 'fallback.raw': 0.7, 'fallback.learned': 0.7 });
  });

  it('is the mean over the instances of several examples', async () => {
    const { record } = await passed(0.9, [example, example]);
    const [one, two] = [(await passed(0.9)).record, record].map((each) => each['fallback'] as Record<string, number>);
    expect(two['instances']).to.equal(2 * one['instances']);
    expect(two['learned']).closeTo(0.9, 1e-12);
  });

  it('is judged on the held-out identities alone, with neighbours among themselves', async () => {
    const [{ truth, knn, vertices, features }] = await heldOutFaces([example], options, testServices(), 'gcn-v');
    expect(new Set(truth).size).to.equal(4);
    expect(faces.truth.filter((name) => truth.includes(name))).to.have.length(truth.length);
    expect([features.n, knn.n, knn.k, vertices!.length]).to.deep.equal([truth.length, truth.length, 8, truth.length]);
    const expected = bruteForceKnn(features, 8);
    expect(knn.ids).to.deep.equal(expected.ids);
  });

  it('cuts the tree where it is best, nowhere if that is best', () => {
    // two pairs, and a weaker link that joins them wrongly
    const links = toEdgeProposals(4, [[0, 1, 0.9], [1, 2, 0.3], [3, 2, 0.8]]); // prettier-ignore
    const confidences = Float32Array.of(1, 2, 4, 3);
    const found = bestTree(links, links.similarities, confidences, Int32Array.of(5, 5, 7, 7));
    expect(found).to.deep.equal({ f: 1, minSimilarity: Math.fround(0.3) });
    const one = bestTree(links, links.similarities, confidences, new Int32Array(4));
    expect(one).to.deep.equal({ f: 1, minSimilarity: -1 });
    const none = toEdgeProposals(3, []);
    expect(bestTree(none, none.similarities, confidences.subarray(0, 3), Int32Array.of(0, 1, 2)).f).to.equal(1);
  });

  for (const definition of [gcnVStage, gcnEStage]) {
    const { type } = definition;
    // one step that is far too short leaves weights drawn at random
    const poor = { fallback: 'raw', validation: 0.4, hidden: 4, epochs: 1, learningRate: 1e-9, ignoreRatio: 0 };
    const given = type === 'gcn-v' ? { ...poor, ignoreRatio: undefined } : poor;
    const own = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const train = (more: object, examples = [example]) =>
      (opened(definition, { ...own, ...more }).stage as TrainableScorer).train(examples);

    it(`${type} is judged by the held-out identities, the same way twice`, async () => {
      const { record, weights } = await train({});
      const { kept, learned, raw, instances } = record['fallback'] as Record<string, number>;
      expect(kept).to.equal(learned > raw ? 'learned' : 'raw');
      expect(fallbackOf(weights) === undefined).to.equal(learned > raw);
      expect(raw).to.be.within(0.5, 1);
      expect(instances).to.be.within(20, 50);
      expect((await train({})).record).to.deep.equal(record);
    });

    it(`${type} scores raw by marked weights, and says so`, async () => {
      const { weights } = await train({ fallback: 'none' });
      const number = type === 'gcn-v' ? 0.5 : 1;
      const file = join(folder, `${type}.safetensors`);
      await writeWeights(file, givenWay(weights, number));
      expect(await definition.check({ weights: file }, { n: faces.n, dim: faces.dim })).to.deep.equal([]);
      const { stage, warnings, facts } = opened(definition, { weights: file });
      const scores = await stage.score(faces.edges, example.context, example.previousScores);
      if (type === 'gcn-v') {
        expect(scores.vertices).to.deep.equal(rawConfidence(faces.knn, 0.5));
        expect(scores.embedding).to.equal(faces.features);
      } else {
        expect([...scores.proposals]).to.deep.equal([...linkScores(faces.edges, faces.confidence).values]);
      }
      expect(warnings)
        .to.have.length(1)
        .and.to.match(/no gain/);
      expect(facts).to.deep.equal({ fallback: 'raw' });
    });

    it(`${type} refuses marked weights whose number is no distance`, async () => {
      const { weights } = await train({ fallback: 'none' });
      const file = join(folder, `${type}-far.safetensors`);
      for (const number of [2.5, -0.1]) {
        await writeWeights(file, givenWay(weights, number));
        const found = await definition.check({ weights: file }, { n: faces.n, dim: faces.dim });
        expect(found.map(({ option }) => option)).to.deep.equal(['weights']);
        expect(found[0].fact).to.match(/^fallback\.raw is (2\.5|-0\.1)/);
      }
      await writeWeights(file, givenWay(weights, 2));
      expect(await definition.check({ weights: file }, { n: faces.n, dim: faces.dim })).to.deep.equal([]);
    });

    it(`${type} is silent about weights in use, and goes on from marked ones`, async () => {
      const { weights } = await train({ fallback: 'none' });
      const file = join(folder, `${type}-start.safetensors`);
      await writeWeights(file, weights);
      const { stage, warnings, facts } = opened(definition, { weights: file });
      await stage.score(faces.edges, example.context, example.previousScores);
      expect([warnings, facts]).to.deep.equal([[], {}]);
      await writeWeights(file, givenWay(weights, 1));
      const again = await train({ fallback: 'none', initialWeights: file });
      expect([...again.weights.keys()].sort()).to.deep.equal([...weights.keys()].sort());
    });

    it(`${type} refuses a fallback that nothing can be judged by`, async () => {
      // before the first epoch, of which there are too many for a test
      const unheld = await errorOf(train({ validation: 0, epochs: 1e9 }));
      expect(unheld).to.have.property('code', 'E_CONFIG');
      expect(unheld.message).to.contain('set validation');
      const one = await errorOf(train({ validation: 0.05, epochs: 1e9 }));
      expect(one).to.have.property('code', 'E_DATA');
      expect(one.message).to.contain('fewer than two identities are held out');
    });
  }
});
