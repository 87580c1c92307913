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
import { analyseClusters } from '../packages/core/dist/cluster/cluster-analysis.js';
import { ClusterFolder } from '../packages/core/dist/cluster/cluster-folder.js';
import { cohesionOf } from '../packages/core/dist/cluster/cluster-cohesion.js';
import { decidingLinks } from '../packages/core/dist/cluster/deciding-links.js';
import { growingRuns } from '../packages/core/dist/cluster/growing-runs.js';
import { joinFactCount, joinFacts } from '../packages/core/dist/cluster/join-odds.js';
import { madeJoins } from '../packages/core/dist/cluster/made-joins.js';
import { missedJoins } from '../packages/core/dist/cluster/missed-joins.js';
import { estimatesBy, gapDoubt, qualityEvidence } from '../packages/core/dist/cluster/quality-estimate.js';
import { createCompute } from '../packages/core/dist/compute/create-compute.js';
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

/** What `l2c cluster` finds and knows, and the truth: of the result, and of each join. */
async function outcomeOf({ name, features, truth }) {
  const path = mkdtempSync(join(tmpdir(), 'l2c-calibrate-'));
  try {
    const file = join(path, 'faces.npy');
    await writeFeatures(file, features);
    const folder = await ClusterFolder.claim(join(path, 'found'));
    const held = { log, forget: () => {} };
    const { all, finished } = await growingRuns(
      file,
      features.n,
      folder,
      { log, observer: silentProgress, signal },
      held,
    );
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
    return { name, evidence, shares, truth: [b.precision, b.recall, p.precision, p.recall] };
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

function oneHot(truth) {
  const { values, clusters } = toLabels(truth);
  const features = Features.allocate(values.length, clusters);
  values.forEach((identity, i) => (features.row(i)[identity] = 1));
  return features;
}

async function outcomesOf(sets) {
  const outcomes = [];
  for await (const set of sets) {
    const outcome = await outcomeOf(set);
    console.log(`${set.name}, ${set.features.n} faces: ${outcome === undefined ? 'no gap' : percents(outcome.truth)}`);
    if (outcome !== undefined) outcomes.push(outcome);
  }
  return outcomes;
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

console.log('precision and recall of BCubed, then pairwise');
const synthetic = await outcomesOf(syntheticSets(140));
const folds = 5;
const unseen = Array.from({ length: folds }, (_, fold) => {
  const models = modelsOf(synthetic.filter((_, s) => s % folds !== fold));
  return synthetic.filter((_, s) => s % folds === fold).map((outcome) => errorsOf(outcome, models));
}).flat();
tell('synthetic faces, fitted to others', unseen);

const models = modelsOf(synthetic);
const errors = [];
for (const folder of process.argv.slice(2)) {
  const found = (await outcomesOf(halves(folder))).map((outcome) => errorsOf(outcome, models));
  if (found.length > 0) tell(folder, found);
  errors.push(...found);
}
if (errors.length > 0) {
  tell('all real faces', errors);
  const [bcubedPrecision, bcubedRecall, pairwisePrecision, pairwiseRecall] = mean(errors, Math.abs).map((error) =>
    Number(error.toFixed(3)),
  );
  const text = `// Written by scripts/calibrate-quality.mjs, by ${synthetic.length} synthetic sets; errors are means over ${errors.length} halves of real ones.
import type { JoinModel } from './join-odds.js';
import type { Estimates } from './quality-estimate.js';

/** Of {@link madeJoins}. */
export const madeModel: JoinModel = ${JSON.stringify(models.made)};
/** Of {@link missedJoins}. */
export const missedModel: JoinModel = ${JSON.stringify(models.missed)};
/** Mean absolute error of each estimate. */
export const meanErrors: Estimates = ${JSON.stringify({ bcubedPrecision, bcubedRecall, pairwisePrecision, pairwiseRecall })};
`;
  const { format, resolveConfig } = await import('prettier');
  const target = new URL('../packages/core/src/cluster/quality-models.ts', import.meta.url).pathname;
  writeFileSync(target, await format(text, { ...(await resolveConfig(target)), filepath: target }));
}
process.exit(0);
