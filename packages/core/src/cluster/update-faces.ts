import { createCompute } from '../compute/create-compute.js';
import type { Features } from '../data/features.js';
import type { KnnGraph } from '../data/knn-graph.js';
import { toLabels } from '../data/labels.js';
import { spanningForest } from '../graph/spanning-forest.js';
import { createRandom } from '../stages/random.js';
import { cohesionOf } from './cluster-cohesion.js';
import type { ClusterFacesOptions } from './cluster-faces.js';
import { linksOfGraph } from './deciding-links.js';
import { readColumns } from './face-columns.js';
import { finishGrowth, type GrownFaces } from './finish-growth.js';
import { grownGraph } from './grown-graph.js';
import { grownNetwork } from './grown-network.js';
import { judgeClusters, type ClusterJudgement } from './judge-clusters.js';
import { regroupFaces } from './regroup-faces.js';
import { earlierIds, openRun } from './run-folder.js';

export type UpdateFacesOptions = Pick<ClusterFacesOptions, 'output' | 'log' | 'observer' | 'signal'>;

/** A result that was looked at again. */
export interface UpdatedFaces extends GrownFaces, ClusterJudgement {
  /** Whether the threshold was found anew, and all clusters were looked at for it. */
  readonly renewed: boolean;
}

/**
 * Makes the clusters of a result anew where faces were assigned to it: Infomap goes on from the clusters there are, in those that
 * have links to faces that came since, and may also join and part clusters. Where the threshold is found anew,
 * all clusters are looked at. Ids go on with most of their faces. How good the result is, is estimated as it is after a whole run.
 *
 * @throws L2cError E_FILE, E_DATA, E_OUTPUT, E_MEMORY; nothing is written then
 */
export async function updateFaces(folder: string, options: UpdateFacesOptions): Promise<UpdatedFaces> {
  const { log, observer, signal } = options;
  const run = await openRun(folder);
  const { rows, ids, nextId } = earlierIds(run);
  const { features } = run.inputs;
  const { thresholdFrom = ids.length, optimised = ids.length } = run.record.assigned ?? {};
  const compute = await createCompute(run.plan.compute, { ...log, info: () => undefined });
  const services = { compute, log, signal, progress: observer.progress };
  const graph = await grownGraph(run, features, services);
  const { network, copies, threshold, origin } = await grownNetwork(run, graph, ids, services);
  const regrouped = regroupFaces(network, copies, ids, {
    hold: 'nothing',
    changedFrom: origin === 'found' ? 0 : optimised,
    alikeFrom: ids.length,
    nextId,
    random: createRandom(1),
    betweenPasses: () => signal.throwIfAborted(),
  });
  const judgement = judge(features, rows, graph, regrouped.ids, origin !== 'given');
  signal.throwIfAborted();
  const grown = await finishGrowth(
    {
      run,
      features,
      rows,
      count: run.inputs.rows,
      graph,
      columns: await readColumns(run.plan.data, run.inputs.rows),
      regrouped,
      quality: judgement.quality,
      assigned: { threshold, thresholdFrom: origin === 'earlier' ? thresholdFrom : ids.length, optimised: ids.length },
      output: options.output,
    },
    log,
  );
  return { ...grown, ...judgement, renewed: origin === 'found' };
}

function judge(
  features: Features,
  rows: Int32Array,
  graph: KnnGraph,
  ids: Int32Array,
  isFound: boolean,
): ClusterJudgement {
  // ids have gaps: clusters that are gone
  const labels = toLabels(ids);
  const links = linksOfGraph(graph);
  const forest = spanningForest(links, links.scores, labels.values);
  return judgeClusters({ features, labels, links, rows }, { cohesion: cohesionOf(features, labels), forest }, isFound);
}
