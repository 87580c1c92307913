import type { StageDefinition } from '../stages/define-stage.js';
import type { Services } from '../stages/services.js';
import {
  bareProblems,
  build,
  buildProblems,
  promiseProblems,
  promiseWithoutKnnProblems,
  renamingProblems,
  repeatProblems,
  tensorProblems,
  unknownOptionProblems,
  writeProblems,
} from './behaviour-checks.js';
import { declarationProblems, schemaProblems } from './schema-checks.js';
import { stageInputs, type StageCase } from './stage-input.js';
import { trainingProblems } from './training-checks.js';

/** One promise of the contract: how it reads in a test report, whom it binds, and what breaks it. */
export interface StageCheck {
  readonly title: string;
  /** `definition`: asked once. `case`: asked for each way to use the stage. */
  readonly scope: 'definition' | 'case';
  readonly applies: (definition: StageDefinition) => boolean;
  /** Facts that break the promise; none if it is kept. What the stage throws is passed on. */
  readonly problems: (definition: StageDefinition, stageCase: StageCase, services: Services) => Promise<string[]>;
}

const always = (): boolean => true;

/** The contract of a stage, in the order it is tested. */
export const stageChecks: readonly StageCheck[] = [
  {
    title: 'declares what it is',
    scope: 'definition',
    applies: always,
    problems: async (definition) => declarationProblems(definition),
  },
  {
    title: 'closes its schema and describes every option',
    scope: 'definition',
    applies: always,
    problems: async (definition) => schemaProblems(definition),
  },
  { title: 'accepts its options and builds', scope: 'case', applies: always, problems: buildProblems },
  { title: 'refuses an unknown option', scope: 'case', applies: always, problems: unknownOptionProblems },
  { title: 'keeps the promises of its kind', scope: 'case', applies: always, problems: promiseProblems },
  { title: 'gives the same output for the same input', scope: 'case', applies: always, problems: repeatProblems },
  { title: 'leaves its input untouched', scope: 'case', applies: always, problems: writeProblems },
  { title: 'takes no instance, and a single one', scope: 'case', applies: always, problems: bareProblems },
  {
    title: 'does without a kNN graph it does not ask for',
    scope: 'case',
    applies: ({ kind, knn }) => !knn && kind !== 'knnBuilder' && kind !== 'evaluator',
    problems: promiseWithoutKnnProblems,
  },
  {
    title: 'does not care what clusters are called',
    scope: 'case',
    applies: ({ kind }) => kind === 'evaluator',
    problems: renamingProblems,
  },
  { title: 'leaves no tensor behind', scope: 'case', applies: always, problems: tensorProblems },
  {
    title: 'trains to the same weights from the same examples',
    scope: 'case',
    applies: ({ trainable }) => trainable,
    problems: async (definition, stageCase, services) =>
      trainingProblems(definition, () => build(definition, stageCase, services), stageInputs(definition, stageCase)),
  },
];
