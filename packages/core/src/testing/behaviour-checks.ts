import { formatProblem, L2cError } from '../errors.js';
import type { StageDefinition } from '../stages/define-stage.js';
import type { KnnBuilder, StageKind } from '../stages/interfaces.js';
import { fillOptions } from '../stages/options.js';
import type { Services } from '../stages/services.js';
import { outputProblems, runStage, type AnyStage, type StageOutput } from './run-stage.js';
import { differences, snapshot } from './snapshot.js';
import { bareInputs, stageInputs, type StageCase, type StageInput } from './stage-input.js';
import { tensorCount } from './tensors.js';

/** Facts that break a promise, found by running the stage on a case; none if it is kept. */
type Problems = Promise<string[]>;

const verbs: Readonly<Record<StageKind, string>> = {
  knnBuilder: 'build',
  proposalGenerator: 'propose',
  scorer: 'score',
  deoverlapper: 'deoverlap',
  evaluator: 'evaluate',
};

export function build(definition: StageDefinition, { options = {} }: StageCase, services: Services): AnyStage {
  const filled = fillOptions(definition, options);
  if (filled.problems.length > 0) {
    throw new L2cError(
      filled.problems.map(({ path, fact, wayOut }) => ({ code: 'E_CONFIG', place: path.join('.'), fact, wayOut })),
    );
  }
  return definition.create(filled.options, services);
}

export async function buildProblems(definition: StageDefinition, stageCase: StageCase, services: Services): Problems {
  const { problems, options } = fillOptions(definition, stageCase.options ?? {});
  if (problems.length > 0) {
    return problems.map(({ path, fact, wayOut }) =>
      formatProblem({ code: 'E_CONFIG', place: path.join('.'), fact, wayOut }),
    );
  }
  const [input] = stageInputs(definition, stageCase);
  const facts = await definition.check(options, input.features);
  const stage = definition.create(options, services) as unknown as Record<string, unknown>;
  const verb = verbs[definition.kind];
  const missing = typeof stage[verb] === 'function' ? [] : [`what it builds has no method ${verb}`];
  const untrained =
    definition.trainable && typeof stage['train'] !== 'function' ? ['is trainable without a method train'] : [];
  return [...facts.map(({ option, fact }) => `${option}: ${fact}`), ...missing, ...untrained];
}

export async function unknownOptionProblems(definition: StageDefinition, { options = {} }: StageCase): Problems {
  const { problems } = fillOptions(definition, { ...options, noSuchOption: true });
  return problems.some(({ path }) => path.includes('noSuchOption')) ? [] : ['accepts "noSuchOption: true"'];
}

export async function promiseProblems(definition: StageDefinition, stageCase: StageCase, services: Services): Problems {
  return overInputs(stageInputs(definition, stageCase), async (input) => {
    const stage = build(definition, stageCase, services);
    const output = await runStage(definition, stage, input);
    const problems = outputProblems(definition, input, output);
    if (problems.length === 0) {
      if (definition.kind === 'knnBuilder') problems.push(...widthProblems(stage as KnnBuilder, output));
      await stageCase.expect?.(output as never, input);
    }
    return problems;
  });
}

function widthProblems(builder: KnnBuilder, output: StageOutput): string[] {
  const { k } = output as { k: number };
  return builder.k === k ? [] : [`says k is ${builder.k}, and gives ${k} neighbours`];
}

export async function promiseWithoutKnnProblems(
  definition: StageDefinition,
  stageCase: StageCase,
  services: Services,
): Problems {
  return overInputs(stageInputs(definition, stageCase), async (input) => {
    const without = { ...input, knn: undefined };
    return outputProblems(
      definition,
      without,
      await runStage(definition, build(definition, stageCase, services), without),
    );
  });
}

export async function repeatProblems(definition: StageDefinition, stageCase: StageCase, services: Services): Problems {
  return overInputs(stageInputs(definition, stageCase), async (input) => {
    const stage = build(definition, stageCase, services);
    const first = snapshot(await runStage(definition, stage, input));
    const second = snapshot(await runStage(definition, stage, input));
    const other = snapshot(await runStage(definition, build(definition, stageCase, services), input));
    return [
      ...differences(first, second).map((path) => `${path || 'output'} changes when the same stage is called again`),
      ...differences(first, other).map((path) => `${path || 'output'} differs between two stages built alike`),
    ];
  });
}

export async function writeProblems(definition: StageDefinition, stageCase: StageCase, services: Services): Problems {
  return overInputs(stageInputs(definition, stageCase), async (input) => {
    const before = snapshot(input);
    await runStage(definition, build(definition, stageCase, services), input);
    return differences(before, snapshot(input)).map((path) => `writes to ${path}`);
  });
}

/** Builders and generators may refuse so few instances by an error for users (`10 clusters of 1 instance`), others not. */
export async function bareProblems(definition: StageDefinition, stageCase: StageCase, services: Services): Problems {
  const mayRefuse = definition.kind === 'knnBuilder' || definition.kind === 'proposalGenerator';
  const problems: string[] = [];
  for (const n of [0, 1] as const) {
    for (const input of bareInputs(definition, stageCase, n)) {
      try {
        const output = await runStage(definition, build(definition, stageCase, services), input);
        problems.push(...outputProblems(definition, input, output).map((fact) => `${n} instances: ${fact}`));
      } catch (error) {
        if (!(mayRefuse && error instanceof L2cError)) problems.push(`${n} instances: throws ${String(error)}`);
      }
    }
  }
  return problems;
}

export async function renamingProblems(
  definition: StageDefinition,
  stageCase: StageCase,
  services: Services,
): Problems {
  return overInputs(stageInputs(definition, stageCase), async (input) => {
    const metrics = (await runStage(definition, build(definition, stageCase, services), input)) as Record<
      string,
      number
    >;
    const renamed = { ...input, predicted: reversed(input.predicted), truth: reversed(input.truth) };
    const others = (await runStage(definition, build(definition, stageCase, services), renamed)) as Record<
      string,
      number
    >;
    const moved = Object.keys(metrics).filter((name) => !(Math.abs(metrics[name] - others[name]) <= 1e-9));
    return moved.map((name) => `${name} is ${metrics[name]}, and ${others[name]} once clusters are renamed`);
  });
}

/** The same partition under other names: the last label becomes 0. */
function reversed(labels: Int32Array): Int32Array {
  const last = labels.reduce((most, label) => Math.max(most, label), 0);
  return labels.map((label) => last - label);
}

/** The first call may keep what it needs later, such as weights; further calls must not add to it. */
export async function tensorProblems(definition: StageDefinition, stageCase: StageCase, services: Services): Problems {
  return overInputs(stageInputs(definition, stageCase), async (input) => {
    const stage = build(definition, stageCase, services);
    await runStage(definition, stage, input);
    const before = tensorCount();
    await runStage(definition, stage, input);
    const after = tensorCount();
    return after === (before ?? after) ? [] : [`${after! - (before ?? 0)} more tensors after a call`];
  });
}

async function overInputs(inputs: readonly StageInput[], problems: (input: StageInput) => Problems): Problems {
  const found: string[] = [];
  for (const input of inputs) found.push(...(await problems(input)));
  return found;
}
