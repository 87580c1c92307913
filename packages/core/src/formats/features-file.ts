import { extname } from 'node:path';
import { Features, selectRows, storeAs, type FeatureStorage } from '../data/features.js';
import { inRoom } from '../compute/room.js';
import { problem } from '../errors.js';
import { writeAtomic } from './atomic.js';
import { featureBytes, writeBin } from './bin.js';
import { cleanRows, firstRows, RowCleaner, type CleanOptions } from './clean-rows.js';
import { withMatrix, type MatrixOptions, type MatrixSource } from './matrix-source.js';
import { formatNpyHeader } from './npy-header.js';
import { finishNpy, npyLayout, toFloat32, type NpyData } from './npy.js';
import { writeNpz } from './npz.js';
import { wholeElements } from './whole-elements.js';

export { readLabels, writeLabels } from './labels-file.js';

export interface ReadFeaturesOptions extends MatrixOptions {
  /** Divide each row by its norm; true where absent. */
  readonly normalise?: boolean | undefined;
  /** Rows with NaN or infinities, and zero rows where they are to be normalised: refuse the file (default), or leave them out. */
  readonly onInvalid?: 'error' | 'drop' | undefined;
  /** How the features are held in memory; float32 where absent. float16 are rounded after they are normalised. */
  readonly storage?: FeatureStorage | undefined;
  /** Only these rows, each below the number in the file; the others are not looked at. All where absent. */
  readonly rows?: Int32Array | undefined;
}

export interface ReadFeaturesResult {
  readonly features: Features;
  /** The rows of the file that were kept, where some were dropped or not asked for. */
  readonly kept: Int32Array | undefined;
  /** SHA-256 of the file, in hexadecimal: its bytes only, not the options. */
  readonly hash: string;
}

/**
 * Reads a matrix of n x dim from .bin (raw float32), .npy, .npz, .csv or .parquet, chunk by chunk straight into the blocks of {@link Features}: the file
 * is never in memory twice. Integers, float16 and float64 become float32; Fortran order is transposed.
 * E_FILE: absent, truncated, no matrix of numbers. E_DATA: dim that does not fit, no rows, invalid rows (named by number).
 */
export async function readFeatures(path: string, options: ReadFeaturesOptions = {}): Promise<ReadFeaturesResult> {
  const { normalise = true, onInvalid = 'error', storage = 'float32', rows } = options;
  const cleaning = { normalise, onInvalid, rows };
  return withMatrix(path, options, async (source) => {
    const inOrder = rows === undefined && !source.header.fortranOrder;
    const { features, kept } = inOrder
      ? await fillCleanly(source, cleaning, storage, path)
      : await fillThenClean(source, cleaning, storage, path);
    return { features, kept, hash: await source.hash() };
  });
}

/** Rows are cleaned while they come. */
async function fillCleanly(
  source: MatrixSource,
  options: CleanOptions,
  storage: FeatureStorage,
  path: string,
): Promise<Omit<ReadFeaturesResult, 'hash'>> {
  const [n, dim] = source.header.shape as [number, number];
  const features = allocate(n, dim, path, storage);
  const cleaner = new RowCleaner(n, options);
  let to = 0;
  for await (const data of numbersOf(source, dim, path)) {
    const rows = toFloat32({ shape: [data.length], data });
    const count = cleaner.clean(rows, dim);
    features.setRows(to, rows.subarray(0, count * dim));
    to += count;
  }
  const kept = cleaner.finish(path);
  return { features: firstRows(features, to), kept };
}

/** What is not in the order of rows, or not wanted in all, is there before it can be cleaned. */
async function fillThenClean(
  source: MatrixSource,
  options: CleanOptions,
  storage: FeatureStorage,
  path: string,
): Promise<Omit<ReadFeaturesResult, 'hash'>> {
  const raw = await fillFeatures(source, path);
  const { rows } = options;
  const { features, kept } = cleanRows(rows === undefined ? raw : selectRows(raw, rows), options, path);
  const left = rows === undefined || kept === undefined ? (kept ?? rows) : kept.map((i) => rows[i]);
  return { features: storeAs(features, storage), kept: left };
}

/** Reads features as they are: neither checked nor normalised. */
export async function readRawFeatures(path: string, options: MatrixOptions = {}): Promise<Features> {
  return withMatrix(path, options, (source) => fillFeatures(source, path));
}

/** The shape of the features in a file, from its header and size alone; the errors of these, as {@link readFeatures} gives them. */
export async function inspectFeatures(path: string, options: MatrixOptions = {}): Promise<{ n: number; dim: number }> {
  return withMatrix(path, options, async ({ header }) => ({ n: header.shape[0], dim: header.shape[1] }));
}

/** Writes features as .bin, .npy or .npz (key `features`), by the extension. */
export async function writeFeatures(path: string, features: Features): Promise<void> {
  const { n, dim, bytes } = features;
  const extension = extname(path).toLowerCase();
  if (extension === '.bin') return writeBin(path, features);
  if (extension === '.npy') {
    return writeAtomic(
      path,
      (function* () {
        yield formatNpyHeader('<f4', [n, dim]);
        yield* featureBytes(features);
      })(),
    );
  }
  if (extension === '.npz') {
    return writeNpz(path, [
      ['features', { descr: '<f4', shape: [n, dim], byteLength: bytes, pieces: featureBytes(features) }],
    ]);
  }
  throw problem('E_OUTPUT', path, 'features can be written to .bin, .npy and .npz', 'choose one of these extensions');
}

async function fillFeatures(source: MatrixSource, path: string): Promise<Features> {
  const { header } = source;
  const [n, dim] = header.shape as [number, number];
  const features = allocate(n, dim, path, 'float32');
  let done = 0;
  for await (const data of numbersOf(source, header.fortranOrder ? 1 : dim, path)) {
    if (header.fortranOrder) placeColumns(features, data, done);
    else features.setRows(done / dim, toFloat32({ shape: [data.length], data }));
    done += data.length;
  }
  return features;
}

/** The elements of a matrix in the order of the file, a multiple of `together` at a time; valid until the next. */
async function* numbersOf(source: MatrixSource, together: number, path: string): AsyncGenerator<NpyData> {
  const { header } = source;
  const [n, dim] = header.shape as [number, number];
  const layout = npyLayout(header, path);
  let done = 0;
  for await (const elements of wholeElements(source.elements(), layout.partBytes * together)) {
    const part = new layout.array(elements.buffer, 0, elements.length / layout.partBytes);
    yield finishNpy({ ...header, fortranOrder: false, shape: [part.length] }, layout, part).data;
    done += part.length;
  }
  if (done !== n * dim)
    throw problem('E_FILE', path, `ends after ${done} of ${n * dim} numbers`, 'copy or write the file again');
}

/** Elements in column-major order, from element `first` on. */
function placeColumns(features: Features, data: NpyData, first: number): void {
  const { n, dim, rowsPerBlock, blocks } = features;
  for (let at = 0; at < data.length; at++) {
    const row = (first + at) % n;
    const column = Math.floor((first + at) / n);
    blocks[Math.floor(row / rowsPerBlock)][(row % rowsPerBlock) * dim + column] = Number(data[at]);
  }
}

function allocate(n: number, dim: number, path: string, storage: FeatureStorage): Features {
  const bytes = (storage === 'float16' ? 2 : 4) * n * dim;
  const wayOut = `${storage === 'float16' ? '' : 'set data.storage: float16, or '}use a machine with more memory`;
  return inRoom(bytes, path, `${n} x ${dim} features`, wayOut, () => Features.allocate(n, dim, undefined, storage));
}
