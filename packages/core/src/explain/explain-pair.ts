import { decidingLinks } from '../cluster/deciding-links.js';
import type { Features } from '../data/features.js';
import { spanningForest } from '../graph/spanning-forest.js';
import { nameOf, findFace, type NamedFace } from '../pipeline/find-face.js';
import { readFaceNames, type FaceNames } from '../pipeline/face-names.js';
import type { Inputs } from '../pipeline/inputs.js';
import type { FinishedPipeline } from '../pipeline/finished-pipeline.js';
import { eachPipeline, recordedRun } from '../pipeline/recorded-run.js';
import { Replay, type ReplayOptions } from '../pipeline/replay.js';
import type { RoundState } from '../pipeline/run.js';
import { clustersText } from './decision-text.js';
import { chosenThreshold, type ThresholdData } from './chosen-threshold.js';
import { pairPath } from './pair-path.js';
import { stageDecisions, type StageDecision } from './stage-decisions.js';

/** A face of a path: its row in the file, its name, its cluster. */
export interface PathFace {
  readonly row: number;
  readonly name: string;
  readonly cluster: number;
}

export interface ExplainedStep {
  readonly from: PathFace;
  readonly to: PathFace;
  readonly score: number;
  readonly similarity: number;
}

/** Why two faces are together in one pipeline, or are not. */
export interface PairExplanation {
  readonly pipeline: string;
  readonly faces: readonly [PathFace, PathFace];
  readonly together: boolean;
  /** Cosine of the two. */
  readonly similarity: number;
  /** Empty where the two are one face: no stage compares it with itself. */
  readonly stages: readonly StageDecision[];
  readonly threshold: ThresholdData | undefined;
  /** The links from one to the other whose weakest is strongest, inside the cluster where they are in one; undefined where none lead there, or the two are one face. */
  readonly path: { readonly steps: readonly ExplainedStep[]; readonly weakest: number } | undefined;
  /** False where the pipeline has no links at all. */
  readonly linked: boolean;
}

/**
 * Explains two faces, by name or row, in each pipeline of a run. Pipelines that failed, or that know no such faces, are warnings beside others.
 * Throws L2cErrors E_USAGE for a face that is nowhere; see {@link Replay}.
 */
export async function explainPair(
  folder: string,
  faces: readonly [string, string],
  options: ReplayOptions,
): Promise<PairExplanation[]> {
  const explanations: PairExplanation[] = [];
  let states: RoundState[] = [];
  const observer = {
    ...options.observer,
    roundEnded: async (_pipeline: string, _round: number, state: RoundState) => void states.push(state),
  };
  const replay = new Replay({ ...options, observer });
  await eachPipeline(recordedRun(folder), options.log, async (pipeline) => {
    states = [];
    const outcome = await replay.outcome(pipeline);
    const { inputs, plan } = outcome.session;
    const names = await readFaceNames(plan.data, inputs.rows);
    const [a, b] = faces.map((face) => findFace(face, names, inputs));
    explanations.push(explain(outcome, states, names, a, b));
  });
  return explanations;
}

function explain(
  outcome: FinishedPipeline,
  states: readonly RoundState[],
  names: FaceNames,
  a: NamedFace,
  b: NamedFace,
): PairExplanation {
  const { session, pipeline, result, state } = outcome;
  const labels = result.labels.values;
  const faceOf = (instance: number): PathFace => {
    const row = rowOf(session.inputs, instance);
    return { row, name: nameOf(names, row), cluster: labels[instance] };
  };
  const together = labels[a.instance] === labels[b.instance];
  const { definition, fullName } = pipeline.rounds[pipeline.rounds.length - 1].deoverlapper!;
  const isOne = a.instance === b.instance;
  const said = clustersText(a.name, labels[a.instance], b.name, labels[b.instance]);
  return {
    pipeline: pipeline.name,
    faces: [faceOf(a.instance), faceOf(b.instance)],
    together,
    similarity: cosineOf(session.inputs.features, a.instance, b.instance),
    stages: isOne
      ? []
      : [
          ...stageDecisions(pipeline, states, a, b),
          { round: pipeline.rounds.length, kind: definition.kind, stage: fullName, said },
        ],
    threshold: chosenThreshold(pipeline, result.stages),
    path: isOne ? undefined : pathBetween(state, labels, a.instance, b.instance, faceOf),
    linked: decidingLinks(state) !== undefined,
  };
}

function pathBetween(
  state: RoundState,
  labels: Int32Array,
  a: number,
  b: number,
  faceOf: (instance: number) => PathFace,
): PairExplanation['path'] {
  const links = decidingLinks(state);
  if (links === undefined) return undefined;
  const { parents, links: chosen } = spanningForest(links, links.scores, labels);
  const of = (values: Float32Array): Float32Array => Float32Array.from(chosen, (e) => (e === -1 ? NaN : values[e]));
  const path = pairPath({ parents, scores: of(links.scores), similarities: of(links.similarities) }, a, b);
  if (path === undefined) return undefined;
  const steps = path.steps.map(({ from, to, score, similarity }) => ({
    from: faceOf(from),
    to: faceOf(to),
    score,
    similarity,
  }));
  return { steps, weakest: path.weakest };
}

const rowOf = ({ kept }: Inputs, instance: number): number => (kept === undefined ? instance : kept[instance]);

/** Rows may have any length where they were not normalised. */
function cosineOf(features: Features, i: number, j: number): number {
  return features.dot(i, j) / Math.sqrt(features.dot(i, i) * features.dot(j, j));
}
