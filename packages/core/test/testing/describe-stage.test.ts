import { expect } from 'chai';
import Mocha from 'mocha';
import { describeStage, type StageCase } from '../../src/testing/index.js';
import type { StageDefinition } from '../../src/stages/define-stage.js';
import { defineStage } from '../../src/stages/define-stage.js';
import type { OptionsSchema } from '../../src/stages/define-stage.js';
import type { TrainableScorer } from '../../src/stages/interfaces.js';
import { readWeights } from '../../src/formats/weights.js';
import { deoverlapSpec, knnSpec, spoil, trainSpec } from './sound-stages.js';

const weightsRequired: OptionsSchema<{ weights: string }> = {
  type: 'object',
  additionalProperties: false,
  properties: { weights: { type: 'string', format: 'weights', description: 'Learned mean.' } },
  required: ['weights'],
};

interface Outcome {
  readonly passed: string[];
  readonly failed: Map<string, string>;
}

/** Runs a contract suite in a mocha of its own, and gives its report instead of printing it. */
async function run(definition: StageDefinition, cases?: readonly StageCase[]): Promise<Outcome> {
  const mocha = new Mocha({ ui: 'bdd' }).reporter(function silent() {} as never);
  const outer = { describe: globalThis.describe, it: globalThis.it };
  const scope = {} as typeof outer;
  mocha.suite.emit('pre-require', scope, '', mocha);
  try {
    Object.assign(globalThis, { describe: scope.describe, it: scope.it });
    describeStage(definition, cases);
  } finally {
    Object.assign(globalThis, outer);
  }
  const outcome: Outcome = { passed: [], failed: new Map() };
  await new Promise<void>((resolve) => {
    mocha
      .run(() => resolve())
      .on('pass', (test) => outcome.passed.push(test.fullTitle()))
      .on('fail', (test, error: Error) => outcome.failed.set(test.fullTitle(), error.message));
  });
  return outcome;
}

describe('describeStage', () => {
  it('passes a sound stage, a test for each promise and case', async () => {
    const { passed, failed } = await run(defineStage(knnSpec), [{}, { name: 'two', options: { k: 2 } }]);
    expect([...failed.values()]).to.deep.equal([]);
    expect(passed).to.include('knnBuilder sound-knn declares what it is');
    expect(passed).to.include('knnBuilder sound-knn with its defaults keeps the promises of its kind');
    expect(passed).to.include('knnBuilder sound-knn two keeps the promises of its kind');
  });
  it('fails a stage that breaks a promise, and says how', async () => {
    const { passed, failed } = await run(spoil(knnSpec, { create: ({ k }) => ({ k, build: () => ({}) as never }) }));
    expect(passed).to.include('knnBuilder sound-knn declares what it is');
    expect([...failed.keys()]).to.include('knnBuilder sound-knn with its defaults keeps the promises of its kind');
  });
  it('fails where a case expects another output', async () => {
    const expectation = (output: { clusters: number }): void => void expect(output.clusters).to.equal(1);
    const { failed } = await run(defineStage(deoverlapSpec), [{ expect: expectation }]);
    expect([...failed.keys()]).to.deep.equal([
      'deoverlapper sound-labels with its defaults keeps the promises of its kind',
    ]);
    expect([...failed.values()][0]).to.match(/expected 10 to equal 1/);
  });
  it('lists the facts in the message', async () => {
    const { failed } = await run(spoil(knnSpec, { type: 'soundKnn', summary: 'knn' }));
    const message = failed.get('knnBuilder soundKnn declares what it is');
    expect(message).to.match(/breaks "declares what it is":\n {2}- type "soundKnn" is not kebab-case\n {2}- summary/);
  });
  it('trains a scorer that names no weights first, so that it has some to score with', async () => {
    const paths: string[] = [];
    const needy = spoil(trainSpec, {
      options: weightsRequired,
      create: (options, services) => ({
        ...(trainSpec.create(options, services) as TrainableScorer),
        async score(_proposals, _context, previous) {
          paths.push(options.weights);
          const mean = (await readWeights(options.weights)).get('mean')!;
          return { ...previous, proposals: previous.proposals.map((score) => score - mean.values[0]) };
        },
      }),
    });
    const { failed } = await run(needy);
    expect([...failed]).to.deep.equal([]);
    expect(new Set(paths).size).to.equal(1);
  });
  it('refuses an empty list of cases, which would test nothing', () => {
    expect(() => describeStage(defineStage(knnSpec), [])).to.throw(RangeError, /at least one case/);
  });
  it('refuses a case with a misspelt key', () => {
    const misspelt = { option: { k: 2 } } as StageCase;
    expect(() => describeStage(defineStage(knnSpec), [misspelt])).to.throw(
      RangeError,
      /no "option"; it may have name, options/,
    );
  });
  it('says what it needs where there is no test runner', () => {
    const { it: kept } = globalThis;
    try {
      Object.assign(globalThis, { it: undefined });
      expect(() => describeStage(defineStage(knnSpec))).to.throw(RangeError, /run the file with mocha/);
    } finally {
      Object.assign(globalThis, { it: kept });
    }
  });
});
