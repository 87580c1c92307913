import { resolve } from 'node:path';
import type { Features } from '../data/features.js';
import { clusterSizes } from '../data/labels.js';
import type { KnnGraph } from '../data/knn-graph.js';
import type { Log } from '../stages/services.js';
import { cohesionOf, type Cohesion } from './cluster-cohesion.js';
import { spanOf } from './cluster-neighbours.js';
import type { FaceColumns } from './face-columns.js';
import type { Regrouped } from './regroup.js';
import type { AssignedRecord, EarlierRun } from './run-folder.js';
import type { QualityEstimate } from './quality-estimate.js';
import { writeGrown, type GrownFiles } from './write-grown.js';

/** A result that has grown, or was looked at again. */
export interface GrownFaces {
  /** Rows of the result. */
  readonly faces: number;
  /** Of two faces or more. */
  readonly clusters: number;
  readonly singletons: number;
  readonly largest: number;
  readonly k: number;
  readonly threshold: number;
  /** Earlier faces whose cluster is another now. */
  readonly moved: number;
  /** Clusters that look like one person, the surest first. They were left as they are. */
  readonly alike: readonly {
    readonly clusters: readonly [number, number];
    readonly sizes: readonly [number, number];
    /** Mean cosine of the faces of one with those of the other. */
    readonly similarity: number;
  }[];
  /** Absolute paths. */
  readonly files: GrownFiles;
}

export interface Growth {
  readonly run: EarlierRun;
  readonly features: Features;
  /** (n) rows of the features. */
  readonly rows: Int32Array;
  /** Rows of the result. */
  readonly count: number;
  readonly graph: KnnGraph;
  readonly columns: FaceColumns;
  readonly regrouped: Regrouped;
  /** Absent where nothing is estimated. */
  readonly quality?: QualityEstimate | undefined;
  readonly assigned: Omit<AssignedRecord, 'nextId'>;
  /** Where to write; the folder of the run where undefined. */
  readonly output: string | undefined;
}

/** Describes and writes a grown result. */
export async function finishGrowth(growth: Growth, log: Log): Promise<GrownFaces> {
  const { run, features, rows, count, graph, regrouped } = growth;
  const { ids, nextId, moved, alike } = regrouped;
  const partition = { values: ids, clusters: nextId };
  const cohesion = cohesionOf(features, partition);
  const labels = new Int32Array(count).fill(-1);
  rows.forEach((row, i) => (labels[row] = ids[i]));
  const { clusters, singletons } = countsOf(clusterSizes(partition));
  const assigned: AssignedRecord = { ...growth.assigned, nextId };
  const files = await writeGrown(
    run,
    {
      features,
      graph,
      labels,
      rows,
      cohesion,
      columns: growth.columns,
      quality: growth.quality,
      counts: { clusters: clusters + singletons, singletons },
      assigned,
    },
    resolve(growth.output ?? run.root),
    log,
  );
  return {
    faces: count,
    clusters,
    singletons,
    largest: cohesion.sizes.reduce((most, size) => Math.max(most, size), 0),
    k: graph.k,
    threshold: assigned.threshold,
    moved,
    alike: alike.map((pair) => describePair(cohesion, pair)),
    files,
  };
}

/** Clusters of two or more, and of one; ids that no face has are none. */
function countsOf(sizes: Int32Array): { clusters: number; singletons: number } {
  let [clusters, singletons] = [0, 0];
  for (const size of sizes) {
    if (size === 1) singletons++;
    else if (size > 1) clusters++;
  }
  return { clusters, singletons };
}

function describePair(cohesion: Cohesion, clusters: readonly [number, number]): GrownFaces['alike'][number] {
  const [a, b] = clusters;
  return {
    clusters,
    sizes: [cohesion.sizes[a], cohesion.sizes[b]],
    similarity: cohesion.centres.dot(a, b) * spanOf(cohesion, a) * spanOf(cohesion, b),
  };
}
