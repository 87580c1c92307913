import { extname } from 'node:path';
import { problem } from '../errors.js';
import { readRawFeatures, writeFeatures } from './features-file.js';
import { withInput } from './input-file.js';
import { knnForm, readKnn, writeKnn, type KnnForm } from './knn-npz.js';
import { labelExtensions, readLabels, writeLabels } from './labels-file.js';
import { matrixExtensions, readableMatrices, readNpyHeader } from './matrix-source.js';
import type { NpyHeader } from './npy-header.js';
import { withNpz } from './npz.js';
import { readWeights, weightExtensions, writeWeights } from './weights.js';

type Kind = 'features' | 'labels' | 'weights' | 'knn';

/** What each kind of data can be written to. */
const outputs: Readonly<Record<Kind, readonly string[]>> = {
  features: matrixExtensions,
  labels: labelExtensions,
  weights: ['.safetensors', '.npz'],
  knn: ['.npz'],
};

export interface ConvertOptions {
  /** Numbers a row, for features in .bin. */
  readonly dim?: number | undefined;
  /** Which array of an .npz. */
  readonly key?: string | undefined;
  /** Form of the knn file to write; by default the one that the input is not in. */
  readonly knnForm?: KnnForm | undefined;
}

export interface ConvertResult {
  readonly kind: Kind;
  readonly input: string;
  readonly output: string;
  /** What was converted, in words: `2000 x 256`. */
  readonly size: string;
}

/**
 * Converts features (.bin, .npy, .npz, from .csv), labels (.meta, .txt, .npy, .npz), weights (.pth, .pt, .tar, .safetensors, .npz) and knn files (.npz,
 * the reference's form and ours). What a file holds follows from its extension and content, and where that leaves a choice, from the output.
 * Values stay as they are: nothing is normalised or dropped. E_USAGE where the pair makes no sense, with what does.
 */
export async function convertFile(input: string, output: string, options: ConvertOptions = {}): Promise<ConvertResult> {
  const kind = chooseKind(await kindsOf(input, options.key), input, output);
  const done = (size: string): ConvertResult => ({ kind, input, output, size });
  switch (kind) {
    case 'features': {
      const features = await readRawFeatures(input, options);
      await writeFeatures(output, features);
      return done(`${features.n} x ${features.dim}`);
    }
    case 'labels': {
      const labels = await readLabels(input, undefined, options.key);
      await writeLabels(output, labels);
      return done(`${labels.length}`);
    }
    case 'weights': {
      const weights = await readWeights(input);
      await writeWeights(output, weights, { source: input.replace(/^.*[\\/]/, '') });
      return done(`${weights.size} tensors`);
    }
    case 'knn': {
      const knn = await readKnn(input);
      const from = await withNpz(input, async ({ names }) => knnForm(names));
      const form = options.knnForm ?? (from === 'l2c' ? 'reference' : 'l2c');
      await writeKnn(output, knn, { form, compress: true });
      return done(`${knn.n} x ${knn.k} neighbours, ${form} form`);
    }
  }
}

function chooseKind(kinds: readonly Kind[], input: string, output: string): Kind {
  const extension = extname(output).toLowerCase();
  const kind = kinds.find((candidate) => outputs[candidate].includes(extension));
  if (kind !== undefined) return kind;
  const possible = kinds.map((candidate) => `${candidate} to ${outputs[candidate].join(', ')}`).join('; ');
  throw problem(
    'E_USAGE',
    output,
    `${input} holds ${kinds.join(' or ')}, which is not written as ${extension || 'a file without extension'}`,
    `convert ${possible}`,
  );
}

/** What a file may hold, the likeliest first. */
async function kindsOf(path: string, key: string | undefined): Promise<Kind[]> {
  const extension = extname(path).toLowerCase();
  if (extension === '.bin' || extension === '.csv') return ['features'];
  if (extension === '.npy') return kindsOfArray(await withInput(path, (file, size) => readNpyHeader(file, size, path)));
  if (extension === '.npz') return kindsOfNpz(path, key);
  if (labelExtensions.includes(extension)) return ['labels'];
  if (weightExtensions.includes(extension)) return ['weights'];
  const known = [...new Set([...readableMatrices, ...labelExtensions, ...weightExtensions])].join(', ');
  throw problem('E_USAGE', path, `l2c does not read ${extension || 'files without extension'}`, `it reads ${known}`);
}

async function kindsOfNpz(path: string, key: string | undefined): Promise<Kind[]> {
  return withNpz(path, async (npz) => {
    if (key !== undefined) return kindsOfArray(await npz.header(key));
    const form = knnForm(npz.names);
    if (form === 'l2c') return ['knn'];
    if (form === 'reference') {
      const { type, shape } = await npz.header('data');
      if (type === 'O' || (shape.length === 3 && shape[1] === 2)) return ['knn'];
    }
    if (npz.names.length === 1) return [...kindsOfArray(await npz.header(npz.names[0])), 'weights'];
    return ['weights', 'features', 'labels'];
  });
}

function kindsOfArray({ shape }: NpyHeader): Kind[] {
  if (shape.length === 1) return ['labels'];
  return shape.length === 2 && shape[1] === 1 ? ['features', 'labels'] : ['features'];
}
