/** The public surface of @l2c/core: what plugins and programs may rely on. */
export { Features, normalise, selectRows } from './data/features.js';
export { allocateKnnGraph, assertKnnGraph, truncateKnnGraph, type KnnGraph } from './data/knn-graph.js';
export { assertLabels, samePartition, toLabels, type Labels } from './data/labels.js';
export type { Metrics } from './data/metrics.js';
export {
  assertProposals,
  proposalCount,
  type ClusterProposals,
  type EdgeProposals,
  type ProposalKind,
  type Proposals,
} from './data/proposals.js';
export { assertScores, defaultScores, type Scores } from './data/scores.js';
export { sharedFloat32, sharedInt32 } from './data/shared-arrays.js';

export { errorCodes, formatProblem, L2cError, problem, type ErrorCode, type Problem } from './errors.js';

export {
  isTrainable,
  stageKinds,
  type Deoverlapper,
  type Evaluator,
  type KnnBuilder,
  type ProposalGenerator,
  type Scorer,
  type FileRows,
  type StageContext,
  type StageInterfaces,
  type StageKind,
  type Tensor,
  type TrainableScorer,
  type TrainingExample,
  type TrainingResult,
} from './stages/interfaces.js';
export {
  defineStage,
  type DataFacts,
  type OptionProblem,
  type OptionsSchema,
  type StageDefinition,
  type StageSpec,
} from './stages/define-stage.js';
export { fillOptions, type SchemaProblem } from './stages/options.js';
export { createRandom } from './stages/random.js';
export type { Checkpoints, Log, Progress, Random, Services } from './stages/services.js';
export { definePlugin, type Plugin, type Preset } from './plugins/plugin.js';
export { loadPlugin } from './plugins/load.js';
export { loadRegistry } from './plugins/load-registry.js';
export { Registry, type Lookup, type RegisteredStage } from './plugins/registry.js';

export { planFile, planDocument, type PlanOptions } from './pipeline/validate.js';
export { parsePipelineDocument, readPipelineDocument, type PipelineDocument } from './pipeline/document.js';
export type { FilePlan, PipelinePlan, RoundPlan, StagePlan } from './pipeline/plan.js';
export { pipelineSchema } from './pipeline/schema.js';
export { printPlan } from './pipeline/print.js';
export { runFiles, type RunFilesOptions } from './pipeline/run-files.js';
export { runFile } from './pipeline/run-file.js';
export { FailedRun, type FailedPipeline, type Outcome } from './pipeline/failed-run.js';
export type { RunOptions } from './pipeline/session.js';
export type { PipelineSummary } from './pipeline/summary.js';
export { trainFile, type TrainedScorer } from './pipeline/train-file.js';
export { tuneFile } from './pipeline/tune-file.js';
export type { Choices, TunedPipeline, Tuning } from './pipeline/tuning.js';
export type { SplitOutcome } from './pipeline/tune-choice.js';
export type { FailedSetting } from './pipeline/tune-jobs.js';
export { evaluateFiles, type Evaluation } from './pipeline/evaluate-files.js';
export { explainPair, type PairExplanation } from './explain/explain-pair.js';
export { exportRun, type ExportForm } from './export/export-run.js';
export { reportFile, type ReportFileOptions } from './report/html/report-file.js';
export { stageSheets, type OptionSheet, type StageSheet } from './report/stage-sheet.js';
export { silentProgress } from './report/progress.js';

export { normaliseRows, normalisedAdjacency, symmetricAdjacency, type Adjacency } from './graph/adjacency.js';
export { distinctLinks, type ScoredLinks } from './graph/copies.js';
export { countsToOffsets, csrFromPairs, evenOffsets, transpose, type Csr, type ReorderedCsr } from './graph/csr.js';
export { descendingOrder } from './graph/descending-order.js';
export {
  dynamicThreshold,
  type DynamicThresholdOptions,
  type DynamicThresholdResult,
} from './graph/dynamic-threshold.js';
export { undirectedPairs, type PairMerge, type ScoredPairs } from './graph/undirected-pairs.js';
export { UnionFind } from './graph/union-find.js';

export { nearestNeighbours } from './compute/nearest-neighbours.js';
export { exactNeighbours } from './compute/neighbours/exact-neighbours.js';

export { expectClusters, expectEdges } from './builtin/expect-proposals.js';
export { bcubed } from './builtin/bcubed.js';
export type { SimilarLinks } from './builtin/confidence-ties.js';
export { confidenceTree, moreConfidentLinks, type ConfidenceTreeOptions } from './builtin/confidence-tree.js';
export { density, type DensityOptions } from './builtin/density.js';
export { groundTruth, type GroundTruthOptions } from './builtin/ground-truth.js';
export { nmi } from './builtin/nmi.js';
export { pairwise } from './builtin/pairwise.js';
export { propagation, type PropagationResult, type PropagationRun } from './builtin/propagation.js';

export { inspectFeatures, readFeatures, readLabels, writeFeatures, writeLabels } from './formats/features-file.js';
export {
  scoreRange,
  stableThreshold,
  type StabilityOptions,
  type StabilityPoint,
  type StableThreshold,
} from './graph/stability.js';
export { betweenRows, betweenSteps } from './stages/between-steps.js';
export { reportThreshold, thresholdOption, warnIfNoLink, type Threshold } from './stages/threshold-option.js';
export { readNpz, writeNpz } from './formats/npz.js';
export type { NpyArray, NpyData } from './formats/npy.js';

export {
  outputsOfModel,
  type Activation,
  type Aggregate,
  type BatchNorm,
  type Dropout,
  type GraphConvolution,
  type Layer,
  type Linear,
  type Model,
  type Pool,
  type PRelu,
  type Select,
  type Tap,
} from './model/layers.js';
export {
  assertWeights,
  initialWeights,
  parametersOf,
  weightProblems,
  type Parameter,
  type Weights,
} from './model/parameters.js';
export {
  privateRows,
  rowsOf,
  toSparseMatrix,
  transposeMatrix,
  writeRows,
  type GraphBatch,
  type RowSource,
} from './model/graph-batch.js';
export { ForwardModel, type ForwardOptions, type TapReader } from './model/forward.js';
export { GatheredRows, gatherRows, type Gathering } from './model/gather.js';
export { Aggregator, type ColumnRange } from './model/aggregator.js';
export { fit, type FitOptions, type FitResult, type FitTask } from './model/fit.js';
export { arraysOfExamples, assertIdentities, fingerprint } from './model/example-facts.js';
export { epochRandom, epochSteps, type EpochStep } from './model/epoch-steps.js';
export { heldOutInstances } from './model/held-out.js';
export { inputProperties, profileModel, readsProfiles, type ModelInputs } from './model/model-inputs.js';
export { randomlyRotated, rotationSeed } from './model/random-rotation.js';
export { linkProfileColumns, SimilarityProfiles, vertexProfileColumns } from './model/similarity-profiles.js';
export { profileRows, projectedRows, trainingRows, type NodeRows } from './model/node-rows.js';
export { usedRows, type UsedRows } from './model/used-rows.js';
export { startingWeights, WeightsFile, weightFaults } from './model/weights-file.js';
export {
  fitOptions,
  trainingOptionNames,
  trainingProperties,
  type TrainingDefaults,
  type TrainingOptions,
  type TrainingProperties,
} from './model/training-options.js';
export { Trainer, type Dropped, type Gradients, type TrainingBatch } from './model/trainer.js';
export type { Loss } from './model/losses.js';
export { assertFinite, readWeights, writeWeights } from './formats/weights.js';
export type { SparseMatrix } from './compute/kernels/sparse-matrix.js';
export { Spmm } from './compute/kernels/spmm.js';
export type { Compute, ComputeOptions } from './compute/compute.js';
export { createCompute } from './compute/create-compute.js';

export { syntheticFaces, type SyntheticFaces, type SyntheticFacesOptions } from './synth/synthetic-faces.js';
