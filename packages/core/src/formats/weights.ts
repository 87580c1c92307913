import { extname } from 'node:path';
import { L2cError, problem } from '../errors.js';
import type { Tensor } from '../stages/interfaces.js';
import type { NpyArray } from './npy.js';
import { toFloat32 } from './npy-values.js';
import { readNpz, writeNpz } from './npz.js';
import { readPth } from './pth.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';

/** `.tar` as in `model.pth.tar`, a habit of many training scripts. */
export const weightExtensions = ['.safetensors', '.pth', '.pt', '.tar', '.npz'];

/** Reads named float32 tensors by the extension. E_WEIGHTS names every tensor that holds NaN or an infinity. */
export async function readWeights(path: string): Promise<Map<string, Tensor>> {
  const tensors = await readTensors(path);
  assertFinite(tensors, path);
  return tensors;
}

async function readTensors(path: string): Promise<Map<string, Tensor>> {
  switch (extname(path).toLowerCase()) {
    case '.safetensors':
      return (await readSafetensors(path)).tensors;
    case '.pth':
    case '.pt':
    case '.tar':
      return readPth(path);
    case '.npz': {
      const arrays = await readNpz(path);
      // copied off the SharedArrayBuffers, which compute engines refuse
      const values = (name: string, array: NpyArray) => Float32Array.from(toFloat32(array, `${path} ${name}`));
      return new Map([...arrays].map(([name, array]) => [name, { shape: array.shape, values: values(name, array) }]));
    }
    default:
      throw problem(
        'E_FILE',
        path,
        `is none of ${weightExtensions.join(', ')}`,
        'name the file by its format, or convert it',
      );
  }
}

/** What weights can be written as. */
export const weightsExtensions: readonly string[] = ['.safetensors', '.npz'];

/** Writes tensors as .safetensors (with text beside them) or .npz, by the extension. */
export async function writeWeights(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const extension = extname(path).toLowerCase();
  if (extension === '.safetensors') return writeSafetensors(path, tensors, metadata);
  if (extension === '.npz') {
    return writeNpz(
      path,
      [...tensors].map(([name, { shape, values }]) => [name, { shape, data: values }] as const),
    );
  }
  throw problem('E_OUTPUT', path, 'weights can be written to .safetensors and .npz', 'choose one of these extensions');
}

/** Refuses NaN and infinities, which a diverged training leaves. */
export function assertFinite(tensors: ReadonlyMap<string, Tensor>, place: string): void {
  const bad = [...tensors].filter(([, { values }]) => !values.every(Number.isFinite)).map(([name]) => name);
  if (bad.length > 0) {
    throw new L2cError(
      bad.map((name) => ({
        code: 'E_WEIGHTS',
        place: `${path(place)}${name}`,
        fact: 'holds NaN or an infinity',
        wayOut: 'the training has diverged: train again with a lower learning rate',
      })),
    );
  }
}

function path(place: string): string {
  return place === '' ? '' : `${place} `;
}
