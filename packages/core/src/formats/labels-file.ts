import { extname } from 'node:path';
import { sharedInt32 } from '../data/shared-arrays.js';
import { problem } from '../errors.js';
import { writeAtomic } from './atomic.js';
import { readFileBytes } from './input-file.js';
import { readMeta, writeMeta } from './meta.js';
import { formatNpy, parseNpy, type NpyArray } from './npy.js';
import { toInt32 } from './npy-values.js';
import { withNpz, writeNpz, type NpzFile } from './npz.js';

export const labelExtensions = ['.meta', '.txt', '.npy', '.npz'];

/**
 * Reads the label of each instance, -1 = unknown, from .meta or .txt (one integer a line), .npy or .npz (`key`, else `labels`, else the only
 * vector), on a SharedArrayBuffer. E_DATA: no integer, below -1, or another number of labels than `expectedN`.
 */
export async function readLabels(path: string, expectedN?: number, key?: string): Promise<Int32Array> {
  const labels = await readAny(path, key);
  if (expectedN !== undefined && labels.length !== expectedN) {
    throw problem(
      'E_DATA',
      path,
      `${labels.length} labels for ${expectedN} rows of features`,
      'give the labels that belong to these features, one each, in their order',
    );
  }
  return labels;
}

async function readAny(path: string, key: string | undefined): Promise<Int32Array> {
  const extension = extname(path).toLowerCase();
  if (extension === '.meta' || extension === '.txt') return readMeta(path);
  if (extension === '.npy') return vector(parseNpy(await readFileBytes(path), path), path);
  if (extension === '.npz') {
    return withNpz(path, async (npz) => {
      const name = await labelKey(npz, key, path);
      return vector(await npz.read(name), `${path} ${name}`);
    });
  }
  throw problem(
    'E_FILE',
    path,
    `is none of ${labelExtensions.join(', ')}`,
    'name the file by its format, or convert it',
  );
}

function vector(array: NpyArray, place: string): Int32Array {
  const { shape } = array;
  if (shape.length !== 1 && !(shape.length === 2 && shape[1] === 1)) {
    const found = shape.length === 0 ? 'a scalar' : `of shape (${shape.join(', ')})`;
    throw problem('E_DATA', place, `is ${found}; labels are one integer per instance`, 'give a vector');
  }
  const labels = toInt32(array, place);
  const low = labels.findIndex((label) => label < -1);
  if (low !== -1)
    throw problem('E_DATA', `${place} element ${low}`, `${labels[low]} is no label`, 'labels are >= 0, -1 = unknown');
  if (labels.buffer instanceof SharedArrayBuffer) return labels;
  const shared = sharedInt32(labels.length);
  shared.set(labels);
  return shared;
}

async function labelKey(npz: NpzFile, key: string | undefined, path: string): Promise<string> {
  if (key !== undefined) return key;
  if (npz.names.includes('labels')) return 'labels';
  const vectors: string[] = [];
  for (const name of npz.names) if ((await npz.header(name)).shape.length === 1) vectors.push(name);
  if (vectors.length === 1) return vectors[0];
  const found = vectors.length === 0 ? 'holds no vector' : `holds several vectors: ${vectors.join(', ')}`;
  throw problem(
    'E_DATA',
    path,
    found,
    vectors.length === 0
      ? `its arrays: ${npz.names.join(', ') || 'none'}`
      : 'call the one that is meant "labels", or save it alone',
  );
}

/** Writes labels as .meta or .txt (one integer a line), .npy, or .npz (key `labels`), by the extension. */
export async function writeLabels(path: string, labels: Int32Array): Promise<void> {
  const array: NpyArray = { shape: [labels.length], data: labels };
  const extension = extname(path).toLowerCase();
  if (extension === '.meta' || extension === '.txt') return writeMeta(path, labels);
  if (extension === '.npy') return writeAtomic(path, formatNpy(array));
  if (extension === '.npz') return writeNpz(path, [['labels', array]]);
  throw problem(
    'E_OUTPUT',
    path,
    `labels can be written to ${labelExtensions.join(', ')}`,
    'choose one of these extensions',
  );
}
