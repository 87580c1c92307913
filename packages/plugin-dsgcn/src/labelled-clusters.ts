import {
  epochSteps,
  expectClusters,
  groundTruth,
  heldOutInstances,
  type ClusterProposals,
  type EpochStep,
  type KnnGraph,
  type Random,
  type TrainingExample,
} from '@l2c/core';
import { ClusterGraphs } from './cluster-graphs.js';
import { memberRows, type MemberInputs, type MemberRows } from './member-rows.js';
import type { Target } from './trained-for.js';

/** The proposals of one labelled data set, to be trained on. */
export interface LabelledClusters {
  readonly truth: Int32Array;
  readonly proposals: ClusterProposals;
  readonly graphs: ClusterGraphs;
  readonly rows: MemberRows;
  /** (P) what each proposal should score. */
  readonly scores: Float32Array;
  /** (members) 1 where a member is of the majority identity of its proposal. */
  readonly inliers: Float32Array;
  /** (P) the majority identity; -1 = all members are unknown. */
  readonly majorities: Int32Array;
}

/** Proposals by their numbers: those learned from, and those held out to validate. */
export interface Share {
  readonly from: LabelledClusters;
  readonly learned: Int32Array;
  readonly heldOut: Int32Array;
}

/** The proposals of an example, named by the stage that is trained. */
export function labelledClusters(
  { proposals: given, context }: TrainingExample,
  {
    edgeWeights,
    target,
    inputs,
  }: { readonly edgeWeights: boolean; readonly target: Target; readonly inputs: MemberInputs },
  stage: string,
): LabelledClusters {
  const proposals = expectClusters(given, stage);
  const { features, truth } = context;
  const knn = knnOf(context, stage);
  const { proposals: scores, members } = groundTruth(proposals, truth, { target, members: true });
  const inliers = members ?? new Float32Array(proposals.members.length);
  const majorities = new Int32Array(scores.length).fill(-1);
  for (let p = 0; p < majorities.length; p++) {
    for (let m = proposals.offsets[p]; m < proposals.offsets[p + 1] && majorities[p] === -1; m++) {
      if (inliers[m] === 1) majorities[p] = truth[proposals.members[m]];
    }
  }
  const graphs = new ClusterGraphs(proposals, knn, edgeWeights);
  const rows = memberRows(inputs, { features, knn });
  return { truth, proposals, graphs, rows, scores, inliers, majorities };
}

/** Those of known majority that `isWanted` says yes to; held out by their majority identity. */
export function shareOf(
  from: LabelledClusters,
  validation: number,
  random: Random,
  isWanted: (proposal: number) => boolean = () => true,
): Share {
  const { truth, majorities } = from;
  const held = new Set<number>();
  heldOutInstances(truth, validation, random).forEach((isHeld, i) => isHeld === 1 && held.add(truth[i]));
  const usable = Int32Array.from(majorities.keys()).filter((p) => majorities[p] !== -1 && isWanted(p));
  const isHeld = (p: number): boolean => held.has(majorities[p]);
  return { from, learned: usable.filter((p) => !isHeld(p)), heldOut: usable.filter(isHeld) };
}

/**
 * The steps of an epoch, drawn by the seed and its number: the same for a training that goes on. Each step gets its part of
 * the proposals held out, behind those to learn from.
 */
export function* shareSteps(
  shares: readonly Share[],
  batchSize: number,
  random: Random,
): Generator<EpochStep & { readonly from: LabelledClusters }> {
  for (const { from, learned, heldOut } of shares) {
    const order = random.shuffle(learned.slice());
    for (const step of epochSteps(order, heldOut, batchSize)) yield { from, ...step };
  }
}

export function knnOf({ knn }: { readonly knn?: KnnGraph | undefined }, stage: string): KnnGraph {
  if (knn === undefined) throw new RangeError(`${stage} without a kNN graph`);
  return knn;
}
