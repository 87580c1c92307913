import { createHash } from 'node:crypto';
import { problem } from '../errors.js';
import { selectRows, type Features } from '../data/features.js';
import { readFeatures, readLabels, type ReadFeaturesResult } from '../formats/features-file.js';
import { identitySplits } from './identity-split.js';
import type { DataPlan } from './plan.js';

/** The data of a file, read once for all its pipelines. */
export interface Inputs {
  readonly features: Features;
  /** Stands for the features in keys of results: content, normalisation, dropped rows. */
  readonly featuresKey: string;
  /** (n) true identities of the rows in `features`, -1 = unknown. */
  readonly truth: Int32Array | undefined;
  readonly truthKey: string;
  /** Rows of the file that `features` holds; undefined where it holds all. */
  readonly kept: Int32Array | undefined;
  /** Rows of the file. */
  readonly rows: number;
  /** Rows of the file that were dropped as invalid. */
  readonly invalid: number;
}

/** Reads features (a file of `rows` rows) and labels. Throws L2cErrors E_FILE or E_DATA that name the file and the row. */
export async function readInputs(data: DataPlan, rows: number): Promise<Inputs> {
  const { normalise, onInvalid, storage } = data;
  const dim = data.dim === undefined ? {} : { dim: data.dim };
  return inputsOf(await readFeatures(data.features, { normalise, onInvalid, storage, ...dim }), data, rows);
}

/** The same of features that were read as the data say. */
export async function inputsOf(
  { features, kept, hash }: ReadFeaturesResult,
  data: DataPlan,
  rows: number,
): Promise<Inputs> {
  if (features.n < 2) {
    throw problem(
      'E_DATA',
      data.features,
      `${features.n} usable row${features.n === 1 ? '' : 's'}`,
      'clustering needs at least 2',
    );
  }
  const featuresKey = featuresKeyOf(hash, data, features.dim, kept !== undefined);
  const all = data.labels === undefined ? undefined : await readLabels(data.labels, rows);
  const truth = all === undefined || kept === undefined ? all : kept.map((row) => all[row]);
  const truthKey = truth === undefined ? '' : digest(['truth', ...chunks(truth)]);
  const invalid = rows - features.n;
  return half({ features, featuresKey, truth, truthKey, kept, rows, invalid }, data);
}

/** What stands for the features of a file with this SHA-256 in keys of results; `dropped`: whether rows of it were left out. */
export function featuresKeyOf(
  hash: string,
  { normalise, onInvalid, storage }: Pick<DataPlan, 'normalise' | 'onInvalid' | 'storage'>,
  dim: number,
  dropped: boolean,
): string {
  const form = storage === 'float32' ? [dim] : [dim, storage];
  return digest(['features', hash, normalise, dropped ? onInvalid : 'all', ...form]);
}

/** The half of the identities that the file asks for. */
function half(inputs: Inputs, { half: which, seed, features }: DataPlan): Inputs {
  if (which === 'all' || inputs.truth === undefined) return inputs;
  const [{ tuning, testing }] = identitySplits(inputs.truth, 1, seed);
  const [rows, others] = which === 'training' ? [tuning, testing] : [testing, tuning];
  if (rows.length >= 2 && others.length > 0) return selectInputs(inputs, rows);
  const fact =
    rows.length < 2
      ? `the ${which} half has ${rows.length} rows`
      : `all rows are of one identity: the ${which} half would be everything, the other one nothing`;
  throw problem(
    'E_DATA',
    features,
    fact,
    'halves need at least 4 faces of known identity, of 2 people; or set data.half: all',
  );
}

/** Some rows of the data, ascending, as data of their own: keys of results tell them from all rows and from other rows. */
export function selectInputs(inputs: Inputs, rows: Int32Array): Inputs {
  if (rows.length === inputs.features.n) return inputs;
  const { featuresKey, truth, kept } = inputs;
  const selected = truth === undefined ? undefined : rows.map((row) => truth[row]);
  return {
    features: selectRows(inputs.features, rows),
    featuresKey: digest([featuresKey, 'rows', ...chunks(rows)]),
    truth: selected,
    truthKey: selected === undefined ? '' : digest(['truth', ...chunks(selected)]),
    kept: kept === undefined ? rows : rows.map((row) => kept[row]),
    rows: inputs.rows,
    invalid: inputs.invalid,
  };
}

function* chunks(values: Int32Array): Iterable<string> {
  for (let start = 0; start < values.length; start += 65536) yield values.subarray(start, start + 65536).join();
}

function digest(parts: Iterable<unknown>): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${String(part)}\n`);
  return hash.digest('hex').slice(0, 40);
}
