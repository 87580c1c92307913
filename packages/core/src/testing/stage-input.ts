import { Features } from '../data/features.js';
import { allocateKnnGraph, type KnnGraph } from '../data/knn-graph.js';
import type { ProposalKind, Proposals } from '../data/proposals.js';
import { defaultScores, type Scores } from '../data/scores.js';
import { sharedFloat32, sharedInt32 } from '../data/shared-arrays.js';
import type { StageDefinition } from '../stages/define-stage.js';
import type { StageContext } from '../stages/interfaces.js';
import { tinyFaces, toClusterProposals, toEdgeProposals, type TinyFaces } from './tiny-faces.js';

/** What a stage of any kind may be given; each kind takes its part. */
export interface StageInput {
  readonly features: Features;
  readonly knn: KnnGraph | undefined;
  readonly truth: Int32Array;
  readonly proposals: Proposals;
  /** The scores before a scorer, or those a deoverlapper works on. */
  readonly scores: Scores;
  /** (n) a partition for evaluators to compare with the truth. */
  readonly predicted: Int32Array;
}

/** One way to use a stage. */
export interface StageCase {
  /** For the title of its tests. Default: its options. */
  readonly name?: string;
  /** As a pipeline file would hold them. Default: none, so that the defaults alone must build the stage. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Default: `tinyFaces()`. */
  readonly faces?: TinyFaces;
  /** Parts of the input to use instead of those made of `faces`. */
  readonly input?: Partial<StageInput>;
  /** Looks closer at the output: throws where it is not what was expected. The type is that of the stage's kind. */
  expect?(output: never, input: StageInput): void | Promise<void>;
}

/** The inputs a stage must cope with: one, or for stages that take either kind of proposals, one of each. */
export function stageInputs(definition: StageDefinition, stageCase: StageCase): StageInput[] {
  const faces = stageCase.faces ?? tinyFaces();
  const given = stageCase.input ?? {};
  return proposalKinds(definition, given.proposals).map((kind) => {
    const proposals = given.proposals ?? (kind === 'edges' ? faces.edges : faces.clusters);
    const scores = defaultScores(proposals);
    return {
      features: faces.features,
      knn: faces.knn,
      truth: faces.truth,
      proposals,
      scores: definition.vertices ? { ...scores, vertices: faces.confidence } : scores,
      predicted: mergeFirstTwo(faces.truth),
      ...given,
    };
  });
}

/** The same for n instances without any link or neighbour. Clusters are one singleton each. */
export function bareInputs(definition: StageDefinition, stageCase: StageCase, n: 0 | 1): StageInput[] {
  const faces = stageCase.faces ?? tinyFaces();
  const features = stageCase.input?.features ?? faces.features;
  const bare = Features.allocate(n, features.dim);
  if (n === 1) features.copyRows(0, 1, bare.row(0));
  return proposalKinds(definition, stageCase.input?.proposals).map((kind) => {
    const proposals = kind === 'edges' ? toEdgeProposals(n, []) : toClusterProposals(n, n === 0 ? [] : [[0]]);
    const scores = defaultScores(proposals);
    return {
      features: bare,
      knn: allocateKnnGraph(n, faces.knn.k),
      truth: sharedInt32(n),
      proposals,
      scores: definition.vertices ? { ...scores, vertices: sharedFloat32(n) } : scores,
      predicted: sharedInt32(n),
    };
  });
}

/** What a scorer or deoverlapper may look at: no truth unless its definition asks for it. */
export function contextOf(definition: StageDefinition, input: StageInput): StageContext {
  const { features, knn, truth } = input;
  return definition.truth ? { features, knn, truth } : { features, knn };
}

function proposalKinds(definition: StageDefinition, given: Proposals | undefined): ProposalKind[] {
  if (given !== undefined) return [given.kind];
  const takes = definition.kind === 'scorer' || definition.kind === 'deoverlapper' ? definition.proposals : 'edges';
  return takes === 'edges' || takes === 'clusters' ? [takes] : ['edges', 'clusters'];
}

/** A prediction that is neither perfect nor useless: the two largest identities as one, the third one short. */
function mergeFirstTwo(truth: Int32Array): Int32Array {
  const predicted = sharedInt32(truth.length);
  const last = truth.lastIndexOf(2);
  for (let i = 0; i < truth.length; i++) predicted[i] = i === last ? -2 : truth[i] === 1 ? 0 : truth[i];
  return renumber(predicted);
}

function renumber(values: Int32Array): Int32Array {
  const names = new Map<number, number>();
  for (let i = 0; i < values.length; i++) {
    const name = names.get(values[i]) ?? names.size;
    names.set(values[i], name);
    values[i] = name;
  }
  return values;
}
