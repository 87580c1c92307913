import { totalmem } from 'node:os';
import { join } from 'node:path';
import { problem } from '../errors.js';
import { writeFeatures } from '../formats/features-file.js';
import { writeMeta } from '../formats/meta.js';
import { makeDirectory } from '../pipeline/artifacts.js';
import { syntheticFaces, type SyntheticFacesOptions } from './synthetic-faces.js';

/** What was written, and what is in it. */
export interface SynthesisedFiles {
  readonly features: string;
  readonly labels: string;
  readonly faces: number;
  readonly dim: number;
  readonly identities: number;
  /** Identities with a single face. */
  readonly singletons: number;
}

/**
 * Writes `features.npy` and `labels.meta` of synthetic faces to a folder, which is made if it is not there.
 *
 * @throws L2cError E_MEMORY where they would not fit this machine, E_OUTPUT where nothing can be written there
 */
export async function writeSyntheticFaces(
  directory: string,
  options: SyntheticFacesOptions,
): Promise<SynthesisedFiles> {
  const { n, dim } = options;
  const bytes = 4 * n * dim;
  if (bytes > totalmem()) {
    const fact = `${n} faces of ${dim} dimensions take ${(bytes / 2 ** 30).toFixed(0)} GiB, more than this machine has`;
    throw problem('E_MEMORY', directory, fact, 'take fewer faces or dimensions');
  }
  await makeDirectory(directory);
  const { features, labels } = syntheticFaces(options);
  const paths = { features: join(directory, 'features.npy'), labels: join(directory, 'labels.meta') };
  await writeFeatures(paths.features, features);
  await writeMeta(paths.labels, labels);
  const sizes = new Map<number, number>();
  for (const identity of labels) sizes.set(identity, (sizes.get(identity) ?? 0) + 1);
  const singletons = [...sizes.values()].filter((size) => size === 1).length;
  return { ...paths, faces: n, dim, identities: sizes.size, singletons };
}
