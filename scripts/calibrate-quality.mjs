// Fits the models by which `l2c cluster` estimates precision and recall without labels, on synthetic faces of many difficulties, and measures
// the estimates on faces of known identity, of which nothing is fitted:
//   node scripts/calibrate-quality.mjs FOLDER...
// Each folder has features.bin (128 columns) or features.npy, and labels.meta; its identities are split in halves three times. Writes
// packages/core/src/cluster/quality-models.ts; minutes, and the same models every time.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bcubed } from '../packages/core/dist/builtin/bcubed.js';
import { pairwise } from '../packages/core/dist/builtin/pairwise.js';
import { thresholdOf } from '../packages/core/dist/cluster/cluster-faces.js';
import { analyseClusters } from '../packages/core/dist/cluster/cluster-analysis.js';
import { ClusterFolder } from '../packages/core/dist/cluster/cluster-folder.js';
import { cohesionOf } from '../packages/core/dist/cluster/cluster-cohesion.js';
import { decidingLinks } from '../packages/core/dist/cluster/deciding-links.js';
import { growingRuns } from '../packages/core/dist/cluster/growing-runs.js';
import { joinFactCount, joinFacts } from '../packages/core/dist/cluster/join-odds.js';
import { madeJoins } from '../packages/core/dist/cluster/made-joins.js';
import { missedJoins } from '../packages/core/dist/cluster/missed-joins.js';
import { estimatesBy, gapDoubt, qualityEvidence } from '../packages/core/dist/cluster/quality-estimate.js';
import { createCompute } from '../packages/core/dist/compute/compute.js';
import { Features } from '../packages/core/dist/data/features.js';
import { toLabels } from '../packages/core/dist/data/labels.js';
import { writeFeatures } from '../packages/core/dist/formats/features-file.js';
import { silentProgress } from '../packages/core/dist/report/progress.js';
import { fitLogistic } from './quality/logistic.mjs';
import { halves, syntheticSets } from './quality/sets.mjs';

const log = { debug: () => {}, info: () => {}, warn: () => {} };
const { signal } = new AbortController();
const compute = await createCompute({ engine: 'auto', device: 'auto', threads: 0 }, log);
const names = ['bcubedPrecision', 'bcubedRecall', 'pairwisePrecision', 'pairwiseRecall'];

/**
 * What `l2c cluster` finds and knows, and the truth: of the result, and of each join; as it is, and with the threshold moved by each of `moves`. Those
 * without a gap are left out.
 */
async function outcomesOf({ features, truth }, moves = []) {
  const path = mkdtempSync(join(tmpdir(), 'l2c-calibrate-'));
  try {
    const file = join(path, 'faces.npy');
    await writeFeatures(file, features);
    const folder = await ClusterFolder.claim(join(path, 'found'));
    const found = async (settings) => {
      const options = { log, observer: silentProgress, signal, settings };
      return growingRuns(file, features.n, folder, options, { log, forget: () => {} });
    };
    const auto = await found([]);
    const runs = [auto];
    const { chosen } = thresholdOf(auto.finished.summary);
    for (const move of moves) runs.push(await found([`deoverlapper.threshold=${Math.min(1, chosen + move)}`]));
    const outcomes = [];
    for (const run of runs) outcomes.push(await judged(run, features, truth, run === auto));
    return outcomes.filter((outcome) => outcome !== undefined);
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

async function judged({ all, finished }, features, truth, isAuto) {
  const labels = toLabels(all);
  const links = decidingLinks(finished.state);
  const analysis = await analyseClusters(features, labels, links, { compute, signal });
  const evidence = qualityEvidence(features, labels, links, analysis);
  if (evidence === undefined || gapDoubt(features.n, evidence.scale) !== undefined) return undefined;
  // The mean cosine of identities as unit vectors is the share of pairs that are of one person.
  const identities = oneHot(truth);
  const shares = {
    made: madeJoins(identities, labels, evidence.sizes, analysis.forest, links.similarities).across,
    missed: missedJoins(cohesionOf(identities, labels), labels, links).across,
  };
  const [b, p] = [bcubed(truth, labels.values), pairwise(truth, labels.values)];
  return { isAuto, evidence, shares, truth: [b.precision, b.recall, p.precision, p.recall] };
}

function oneHot(truth) {
  const { values, clusters } = toLabels(truth);
  const features = Features.allocate(values.length, clusters);
  values.forEach((identity, i) => (features.row(i)[identity] = 1));
  return features;
}

/** By their say in BCubed; a larger set says more, but not in proportion. */
function fitJoins(outcomes, kind) {
  const count = outcomes.reduce((sum, { shares }) => sum + shares[kind].length, 0);
  const [rows, targets, weights] = [joinFactCount * count, count, count].map((length) => new Float64Array(length));
  let to = 0;
  for (const { evidence, shares } of outcomes) {
    const { sizes, scale, [kind]: joins } = evidence;
    const n = sizes.reduce((sum, size) => sum + size, 0);
    for (let at = 0; at < shares[kind].length; at++, to++) {
      joinFacts(joins, at, scale, rows.subarray(to * joinFactCount, (to + 1) * joinFactCount));
      const [a, b] = [joins.sizes[0][at], joins.sizes[1][at]];
      targets[to] = Math.min(1, Math.max(0, shares[kind][at]));
      weights[to] = (2 * a * b) / (kind === 'made' ? sizes[joins.clusters[0][at]] : a + b) / Math.sqrt(n);
    }
  }
  return fitLogistic(rows, targets, weights, joinFactCount);
}

const modelsOf = (outcomes) => ({ made: fitJoins(outcomes, 'made'), missed: fitJoins(outcomes, 'missed') });

function errorsOf({ evidence, truth }, { made, missed }) {
  const estimates = estimatesBy(evidence, made, missed);
  return names.map((name, at) => estimates[name] - truth[at]);
}

const mean = (lists, value) =>
  names.map((_, at) => lists.reduce((sum, list) => sum + value(list[at]), 0) / lists.length);
const percents = (values) => values.map((value) => (100 * value).toFixed(2)).join(' ');

function tell(title, errors) {
  console.log(
    `${title}, ${errors.length} sets: mean absolute error ${percents(mean(errors, Math.abs))}, bias ${percents(mean(errors, (error) => error))}`,
  );
}

function show(name, { n }, outcomes) {
  console.log(`${name}, ${n} faces: ${outcomes.map(({ truth }) => percents(truth)).join(', ') || 'no gap'}`);
}

console.log('precision and recall of BCubed, then pairwise');
const synthetic = [];
for (const { name, ...set } of syntheticSets(140)) {
  // The models are to know clusters that fall apart, or run together, by more than the threshold found lets them.
  const outcomes = await outcomesOf(set, [synthetic.length % 2 === 0 ? 0.15 : -0.1]);
  show(name, set.features, outcomes);
  synthetic.push(outcomes);
}
const folds = 5;
const unseen = synthetic.flatMap((outcomes, s) => outcomes.map((outcome) => ({ fold: s % folds, ...outcome })));
const models = Array.from({ length: folds }, (_, fold) => modelsOf(unseen.filter((outcome) => outcome.fold !== fold)));
const errorsWhere = (wanted) =>
  unseen.filter(({ isAuto }) => isAuto === wanted).map((outcome) => errorsOf(outcome, models[outcome.fold]));
tell('synthetic faces, fitted to others', errorsWhere(true));
tell('the same with thresholds moved', errorsWhere(false));

const { made, missed } = modelsOf(synthetic.flat());
const errors = [];
for (const folder of process.argv.slice(2)) {
  const found = [];
  for await (const { name, ...set } of halves(folder)) {
    const outcomes = await outcomesOf(set);
    show(name, set.features, outcomes);
    found.push(...outcomes.map((outcome) => errorsOf(outcome, { made, missed })));
  }
  if (found.length > 0) tell(folder, found);
  errors.push(...found);
}
if (errors.length > 0) {
  tell('all real faces', errors);
  const [bcubedPrecision, bcubedRecall, pairwisePrecision, pairwiseRecall] = mean(errors, Math.abs).map((error) =>
    Number(error.toFixed(3)),
  );
  const text = `// Written by scripts/calibrate-quality.mjs, by ${synthetic.flat().length} results on synthetic faces; errors are means over ${errors.length} halves of real ones.
import type { JoinModel } from './join-odds.js';
import type { Estimates } from './quality-estimate.js';

/** Of {@link madeJoins}. */
export const madeModel: JoinModel = ${JSON.stringify(made)};
/** Of {@link missedJoins}. */
export const missedModel: JoinModel = ${JSON.stringify(missed)};
/** Mean absolute error of each estimate. */
export const meanErrors: Estimates = ${JSON.stringify({ bcubedPrecision, bcubedRecall, pairwisePrecision, pairwiseRecall })};
`;
  const { format, resolveConfig } = await import('prettier');
  const target = new URL('../packages/core/src/cluster/quality-models.ts', import.meta.url).pathname;
  writeFileSync(target, await format(text, { ...(await resolveConfig(target)), filepath: target }));
}
process.exit(0);
