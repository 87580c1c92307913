import { networkOfEdges, rowsOfEdges, type NetworkOptions } from '../builtin/infomap-network.js';
import { stableInfomap } from '../builtin/infomap-sweep.js';
import { knnEdges } from '../builtin/knn-edges.js';
import type { KnnGraph } from '../data/knn-graph.js';
import { findCopies, linksOfNodes, nodesAmong, type Copies, type ScoredLinks } from '../graph/copies.js';
import { evenOffsets } from '../graph/csr.js';
import type { FlowNetwork } from '../graph/infomap/flow-network.js';
import { nearOrder } from '../graph/near-order.js';
import { betweenSteps } from '../stages/between-steps.js';
import { thresholdOf } from './found-threshold.js';
import type { GrowthServices } from './grown-graph.js';
import type { EarlierRun } from './run-folder.js';

/** Where more than this share of the faces, copies apart, came since the threshold was found, it is found anew. */
const muchGrown = 0.2;

export interface GrownNetwork {
  /** Of the faces, or of the nodes that they are with their `copies`. */
  readonly network: FlowNetwork;
  readonly copies: Copies | undefined;
  readonly threshold: number;
  /** A number the user gave, that of the earlier run, or found here, of all faces. */
  readonly origin: 'given' | 'earlier' | 'found';
}

const defaults: NetworkOptions & { readonly seed: number } = {
  directed: false,
  weight: 'excess',
  pool: 'max',
  seed: 1,
};

/**
 * The links that clusters are made of: those of the graph at the threshold of the earlier run, weighed as it did. Where many faces came
 * since that was found, or the run was none of Infomap on all links of the graph, a threshold is found anew. Copies of a face are one
 * node, but for those that lie in different clusters of `earlier` ((m) ids).
 */
export async function grownNetwork(
  run: EarlierRun,
  graph: KnnGraph,
  earlier: Int32Array,
  services: GrowthServices,
): Promise<GrownNetwork> {
  const own = infomapOf(run);
  const settings = { ...defaults, ...own };
  const { n, k, ids: targets, similarities } = graph;
  const copies = findCopies({ n, offsets: evenOffsets(n, k), targets }, similarities, earlier);
  const linksFrom = (minSimilarity: number): ScoredLinks => {
    const links = knnEdges(graph, { k: 0, minSimilarity, mutual: false });
    return copies ? linksOfNodes(links, links.similarities, copies) : { ...links, scores: links.similarities };
  };
  const given = typeof own?.['threshold'] === 'number' ? own['threshold'] : undefined;
  const before = run.record.assigned?.thresholdFrom ?? run.inputs.features.n;
  const [known, all] = copies ? [nodesAmong(copies, before), copies.count] : [before, n];
  const kept = all - known > muchGrown * all ? undefined : earlierThreshold(run, own !== undefined);
  const find = async (): Promise<number> => {
    const links = linksFrom(-1);
    const { weight, pool, seed } = settings;
    const rows = rowsOfEdges(links, links.scores, pool, nearOrder(links));
    const { threads } = services.compute;
    const sweep = { rows, weight, seed, threads, onPoint: betweenSteps(services, 'thresholds') };
    return (await stableInfomap(links.scores, sweep)).threshold;
  };
  const threshold = given ?? kept ?? (await find());
  // weaker links are cut either way, but for those that count twice it would be too early
  const links = linksFrom(settings.pool === 'sum' ? -1 : threshold);
  const network = networkOfEdges(links, links.scores, settings)(threshold);
  const origin = given !== undefined ? 'given' : kept !== undefined ? 'earlier' : 'found';
  return { network, copies, threshold, origin };
}

/** Options of the run's Infomap, where it had all links of the graph before it. */
function infomapOf({ plan }: EarlierRun): Readonly<Record<string, unknown>> | undefined {
  const [round, ...others] = plan.pipelines[0].rounds;
  const { proposalGenerator: generator, deoverlapper, scorers } = round;
  const { k, minSimilarity, mutual } = generator.options;
  const everything = generator.fullName === 'core/knn-edges' && k === 0 && minSimilarity === -1 && mutual === false;
  if (others.length > 0 || scorers.length > 0 || !everything) return undefined;
  return deoverlapper?.fullName === 'core/infomap' ? deoverlapper.options : undefined;
}

function earlierThreshold({ record, inputs }: EarlierRun, infomap: boolean): number | undefined {
  const { assigned, stages = [] } = record;
  return assigned?.threshold ?? (infomap ? thresholdOf({ stages, instances: inputs.features.n })?.chosen : undefined);
}
