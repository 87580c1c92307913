import { cohesionOf, type Cohesion } from '../cluster/cluster-cohesion.js';
import { readFaceNames, type FaceNames } from '../pipeline/face-names.js';
import { readResult } from '../pipeline/replay.js';
import { unitRows } from '../data/features.js';

/** What is written of a pipeline: a line for each row of the file. */
export interface ExportedFaces {
  /** (rows) clusters, -1 where a row was left out. */
  readonly labels: Int32Array;
  /** (rows clustered) their places in the file, in the order of the cohesion's faces. */
  readonly rows: Int32Array;
  /** By the number of a cluster; there may be numbers of no cluster, of size 0. */
  readonly cohesion: Cohesion;
  readonly names: FaceNames;
}

/** Reads the folder of a pipeline. Throws L2cErrors E_FILE and E_DATA, see `readResult`. */
export async function exportedFaces(folder: string): Promise<ExportedFaces> {
  const { plan, inputs, labels } = await readResult(folder);
  const rows = inputs.kept ?? Int32Array.from(labels.keys());
  const values = rows.map((row) => labels[row]);
  const partition = { values, clusters: values.reduce((most, label) => Math.max(most, label + 1), 0) };
  const cohesion = cohesionOf(unitRows(inputs.features, plan.data.normalise), partition);
  return { labels, rows, cohesion, names: await readFaceNames(plan.data, inputs.rows) };
}
