import { resolve } from 'node:path';
import { createCompute } from '../compute/create-compute.js';
import { Features } from '../data/features.js';
import { problem } from '../errors.js';
import { inspectFeatures, readFeatures } from '../formats/features-file.js';
import type { Copies } from '../graph/copies.js';
import { count as counted } from '../report/count.js';
import { createRandom } from '../stages/random.js';
import type { ClusterFacesOptions } from './cluster-faces.js';
import { joinColumns, readColumns } from './face-columns.js';
import { finishGrowth, type GrownFaces } from './finish-growth.js';
import { grownGraph } from './grown-graph.js';
import { grownNetwork } from './grown-network.js';
import { regroupFaces } from './regroup-faces.js';
import { earlierIds, openRun, type EarlierRun } from './run-folder.js';

export interface AssignFacesOptions extends Omit<ClusterFacesOptions, 'settings' | 'dim'> {
  /** Every earlier face stays in its cluster, also where the new ones show that it belongs elsewhere. */
  readonly fixed?: boolean | undefined;
}

/** Where the new faces went. */
export interface AssignedFaces extends GrownFaces {
  /** Rows of the new file, and how many of them are no embedding: their cluster is -1. */
  readonly added: number;
  readonly invalid: number;
  /** New faces that are copies of earlier ones, and so are in their clusters. They don't make a threshold be found anew. */
  readonly copies: number;
  /** New faces by where they are now: with earlier faces, in new clusters with each other, alone. */
  readonly joined: number;
  readonly together: number;
  readonly alone: number;
}

/**
 * Places new faces into the result of an earlier run, without clustering everything again: each is compared with all faces, and
 * Infomap goes on from the earlier clusters where new links are. Clusters of two or more keep their ids and don't become one; what
 * has no cluster among them gets a new id. Writes a result of the same form, which takes the next batch.
 *
 * @throws L2cError E_FILE, E_DATA, E_OUTPUT, E_MEMORY; nothing is written then
 */
export async function assignFaces(folder: string, file: string, options: AssignFacesOptions): Promise<AssignedFaces> {
  const { log, observer, signal } = options;
  const run = await openRun(folder);
  const added = await readNew(run, file);
  const columns = joinColumns(
    await readColumns(run.plan.data, run.inputs.rows),
    run.inputs.rows,
    await readColumns({ features: file, ids: absolute(options.ids), images: absolute(options.images) }, added.count),
    added.count,
  );
  const earlier = earlierIds(run);
  const features = joinFeatures(run.inputs.features, added.features);
  const rows = new Int32Array(features.n);
  rows.set(earlier.rows);
  added.rows.forEach((row, i) => (rows[earlier.rows.length + i] = run.inputs.rows + row));

  const compute = await createCompute(run.plan.compute, { ...log, info: () => undefined });
  const services = { compute, log, signal, progress: observer.progress };
  log.info(`compares ${counted(added.features.n, 'new face')} with ${counted(earlier.ids.length, 'earlier one')}`);
  const graph = await grownGraph(run, features, services);
  const { network, copies, threshold, origin } = await grownNetwork(run, graph, earlier.ids, services);
  const regrouped = regroupFaces(network, copies, earlier.ids, {
    hold: options.fixed === true ? 'faces' : 'clusters',
    changedFrom: origin === 'found' ? 0 : earlier.ids.length,
    alikeFrom: run.record.assigned?.optimised ?? earlier.ids.length,
    nextId: earlier.nextId,
    random: createRandom(1),
    betweenPasses: () => signal.throwIfAborted(),
  });
  const { assigned } = run.record;
  const before = earlier.ids.length;
  const grown = await finishGrowth(
    {
      run,
      features,
      rows,
      count: run.inputs.rows + added.count,
      graph,
      columns,
      regrouped,
      assigned: {
        threshold,
        thresholdFrom: origin === 'earlier' ? (assigned?.thresholdFrom ?? before) : features.n,
        optimised: assigned?.optimised ?? before,
      },
      output: options.output,
    },
    log,
  );
  return {
    ...grown,
    added: added.count,
    invalid: added.count - added.features.n,
    copies: copiesOfEarlier(copies, before),
    ...destinations(regrouped.ids, before),
  };
}

const absolute = (path: string | undefined): string | undefined => path && resolve(path);

interface NewFaces {
  readonly features: Features;
  /** (features.n) rows of the file. */
  readonly rows: Int32Array;
  /** Rows of the file. */
  readonly count: number;
}

async function readNew({ plan, inputs }: EarlierRun, file: string): Promise<NewFaces> {
  const { dim } = inputs.features;
  const raw = file.toLowerCase().endsWith('.bin');
  const shape = await inspectFeatures(file, raw ? { dim } : {});
  if (shape.dim !== dim) {
    const fact = `its rows have ${shape.dim} dimensions, and those of the earlier faces ${dim}`;
    throw problem('E_DATA', file, fact, 'embed the new faces with the model of the earlier ones');
  }
  const { normalise, onInvalid } = plan.data;
  const { features, kept } = await readFeatures(file, { dim, normalise, onInvalid });
  return { features, rows: kept ?? Int32Array.from({ length: shape.n }, (_, row) => row), count: shape.n };
}

function joinFeatures(first: Features, second: Features): Features {
  const all = Features.allocate(first.n + second.n, first.dim);
  for (let i = 0; i < first.n; i++) all.row(i).set(first.row(i));
  for (let i = 0; i < second.n; i++) all.row(first.n + i).set(second.row(i));
  return all;
}

function copiesOfEarlier(copies: Copies | undefined, before: number): number {
  if (copies === undefined) return 0;
  const { nodeOf, firsts } = copies;
  return nodeOf.subarray(before).reduce((sum, node) => sum + (firsts[node] < before ? 1 : 0), 0);
}

/** Counts new faces, those from `before` on, by the company they are in. */
function destinations(ids: Int32Array, before: number): Pick<AssignedFaces, 'joined' | 'together' | 'alone'> {
  const earlier = new Set<number>(ids.subarray(0, before));
  const sizes = new Map<number, number>();
  for (let i = before; i < ids.length; i++) sizes.set(ids[i], (sizes.get(ids[i]) ?? 0) + 1);
  let [joined, together, alone] = [0, 0, 0];
  for (const [id, size] of sizes) {
    if (earlier.has(id)) joined += size;
    else if (size > 1) together += size;
    else alone++;
  }
  return { joined, together, alone };
}
