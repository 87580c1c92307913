import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { problem } from '../errors.js';
import { finishChange } from '../formats/folder-change.js';
import type { Inputs } from '../pipeline/inputs.js';
import type { FilePlan } from '../pipeline/plan.js';
import { recordedRun } from '../pipeline/recorded-run.js';
import { readResult } from '../pipeline/replay.js';

/** What `metrics.json` says of faces that were assigned to a result. */
export interface AssignedRecord {
  /** The threshold of links that new faces are placed by. */
  readonly threshold: number;
  /** Instances there were when that threshold was found. */
  readonly thresholdFrom: number;
  /** Instances there were when all clusters were last looked at. */
  readonly optimised: number;
  /** Ids of clusters from here on were never given. */
  readonly nextId: number;
}

/** `metrics.json`, as far as it is read. */
export interface RunRecord {
  readonly stages?: readonly { readonly kind: string; readonly facts: Readonly<Record<string, unknown>> }[];
  readonly assigned?: AssignedRecord;
}

/** A result that was written before: everything that faces can be added with. */
export interface EarlierRun {
  /** The folder of `cluster.yaml` and `clusters.csv`, or of a file's results; absolute. */
  readonly root: string;
  /** Of the pipeline in it: `clusters`. */
  readonly name: string;
  readonly plan: FilePlan;
  readonly inputs: Inputs;
  /** (rows of the file) ids of clusters, -1 = left out. */
  readonly labels: Int32Array;
  readonly record: RunRecord;
  /** `metrics.json` as it lies there. */
  readonly recordText: string;
}

/**
 * Opens what `l2c cluster`, `l2c assign` or `l2c run` wrote: its folder, or that of one of its pipelines. What a killed run had all but written is
 * finished first.
 *
 * @throws L2cError E_FILE: no such result; E_DATA: its features are others now, or half of the identities alone
 */
export async function openRun(given: string): Promise<EarlierRun> {
  const path = resolve(given);
  for (const folder of [path, dirname(path)]) if (existsSync(folder)) await finishChange(folder);
  const [folder, ...others] = recordedRun(path).folders;
  if (others.length > 0) {
    const names = [folder, ...others].map((each) => basename(each)).join(', ');
    throw problem(
      'E_FILE',
      given,
      `holds the results of several pipelines: ${names}`,
      `name one: ${join(given, basename(folder))}`,
    );
  }
  const { plan, inputs, labels } = await readResult(folder);
  if (plan.data.half !== 'all') {
    const fact = `was made of the ${plan.data.half} half of the identities`;
    throw problem('E_DATA', given, fact, 'cluster all faces first');
  }
  const recordText = await readFile(join(folder, 'metrics.json'), 'utf8');
  const record = JSON.parse(recordText) as RunRecord;
  return { root: dirname(folder), name: basename(folder), plan, inputs, labels, record, recordText };
}

/** The faces of a run: (n) their rows and the ids of their clusters, and the first id that was never given. */
export function earlierIds({ inputs, labels, record }: EarlierRun): {
  rows: Int32Array;
  ids: Int32Array;
  nextId: number;
} {
  const rows = inputs.kept ?? Int32Array.from({ length: inputs.rows }, (_, row) => row);
  const ids = rows.map((row) => labels[row]);
  const used = ids.reduce((most, id) => Math.max(most, id), -1) + 1;
  return { rows, ids, nextId: Math.max(used, record.assigned?.nextId ?? 0) };
}
