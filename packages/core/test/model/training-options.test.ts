import { expect } from 'chai';
import {
  createRandom,
  defineStage,
  fillOptions,
  fitOptions,
  heldOutInstances,
  trainingOptionNames,
  trainingProperties,
  type OptionsSchema,
  type TrainingOptions,
} from '../../src/index.js';

const options: OptionsSchema<TrainingOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: trainingProperties({
    epochs: 30,
    epoch: 'how often each row is looked at.',
    learningRateSteps: [0.5, 0.9],
    optimizer: 'adam',
    learningRate: 0.01,
  }),
  required: [...trainingOptionNames],
};
const stage = defineStage({
  kind: 'scorer',
  type: 'learner',
  summary: 'A stage of a third party.',
  options,
  create: () => ({ score: (_proposals, _context, scores) => scores }),
});

describe('training options', () => {
  const fill = (given: Record<string, unknown>) => fillOptions(stage, given);
  const filled = (given: Partial<TrainingOptions>): TrainingOptions => {
    const { options: result, problems } = fill({ ...given });
    expect(problems).to.deep.equal([]);
    return result as unknown as TrainingOptions;
  };

  it('fill in what a stage says, and what all share', () => {
    const result = filled({});
    expect(Object.keys(result).sort()).to.deep.equal([...trainingOptionNames].sort());
    expect(result).to.include({ epochs: 30, optimizer: 'adam', learningRate: 0.01, momentum: 0.9, initialWeights: '' });
  });

  it('refuse values that make no training', () => {
    for (const given of [
      { epochs: 0 },
      { learningRate: 0 },
      { momentum: 1 },
      { validation: 1 },
      { optimizer: 'lion' },
    ]) {
      const [key] = Object.keys(given);
      expect(fill(given).problems.map(({ path }) => path.join('.'))).to.deep.equal([key]);
    }
  });

  it('give a step of the learning rate at the epoch of its share', () => {
    const shares = [0, 0.29, 0.5, 1];
    // 0.29 * 100 is 28.999999999999996 in floating point
    expect(fitOptions(filled({ epochs: 100, learningRateSteps: shares })).milestones).to.deep.equal([0, 29, 50, 100]);
  });

  it('are patient only where identities are held out', () => {
    expect(fitOptions(filled({ patience: 4 })).patience).to.equal(0);
    expect(fitOptions(filled({ patience: 4, validation: 0.2 })).patience).to.equal(4);
  });
});

describe('heldOutInstances', () => {
  const truth = Int32Array.from({ length: 60 }, (_, i) => (i % 11) - 1);
  const names = (share: number, seed = 1, labels = truth) => {
    const held = heldOutInstances(labels, share, createRandom(seed));
    return [...new Set(labels.filter((_, i) => held[i] === 1))];
  };

  it('holds out whole identities, never the unknown', () => {
    const held = heldOutInstances(truth, 0.3, createRandom(1));
    const of = new Map<number, number>();
    truth.forEach((name, i) => {
      expect(of.get(name) ?? held[i]).to.equal(held[i]);
      of.set(name, held[i]);
    });
    expect(of.get(-1)).to.equal(0);
    expect(names(0.3)).to.have.length(3);
  });

  it('depends on seed and names, not on the order of rows', () => {
    expect(names(0.3, 2).sort()).to.not.deep.equal(names(0.3, 1).sort());
    expect(names(0.3, 1, truth.slice().reverse()).sort()).to.deep.equal(names(0.3).sort());
  });

  it('keeps at least one on either side of two, and learns from the only one', () => {
    expect(names(0)).to.deep.equal([]);
    expect(names(0.01)).to.have.length(1);
    expect(names(0.99)).to.have.length(9);
    expect(names(0.5, 1, new Int32Array(5))).to.deep.equal([]);
    expect(names(0.5, 1, new Int32Array(5).fill(-1))).to.deep.equal([]);
  });
});
