import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { L2cError, type Problem } from '../errors.js';
import { inspectFeatures, readLabels } from '../formats/features-file.js';
import type { Path } from './document.js';
import { isMapping } from './expand.js';
import { isImagePattern, readFaceNames, strangePlaceholders } from './face-names.js';
import type { DataPlan, FilePlan } from './plan.js';

/** What is wrong with the data of a file, and where. */
export interface DataFault {
  readonly path: Path;
  readonly fact: string;
  readonly wayOut?: string | undefined;
  readonly code: Problem['code'];
}

type Report = (fault: DataFault) => void;

/** Why a path names no file; undefined where it does. */
export function fileFault(path: string): string | undefined {
  if (!existsSync(path)) return `there is no file ${path}`;
  return statSync(path).isDirectory() ? `${path} is a folder` : undefined;
}

/** `data` of a file, its paths made absolute; undefined where the features aren't there. Other faults are reported alone. */
export function planData(data: unknown, directory: string, report: Report): DataPlan | undefined {
  if (!isMapping(data) || typeof data['features'] !== 'string') return undefined;
  const file = (name: string, wayOut = 'paths are relative to the pipeline file'): string | undefined => {
    if (typeof data[name] !== 'string') return undefined;
    const path = resolve(directory, data[name]);
    const fact = fileFault(path);
    if (fact === undefined) return path;
    report({ path: ['data', name], fact, wayOut, code: 'E_FILE' });
    return undefined;
  };
  const labels = file('labels');
  const ids = file('ids');
  const images = data['images'];
  // A pattern that is none is refused where the names are read.
  const isPattern =
    typeof images === 'string' &&
    (isImagePattern(images) || strangePlaceholders(resolve(directory, images)).length > 0);
  const pictures = isPattern
    ? resolve(directory, images)
    : file('images', 'give a text with an image a line, or a path that holds {id} or {row}');
  const features = file('features');
  if (features === undefined) return undefined;
  const half = data['half'] as DataPlan['half'];
  if (half !== 'all' && data['labels'] === undefined) {
    const [fact, wayOut] = ['halves are made by identity, and there are no labels', 'add data.labels'];
    report({ path: ['data', 'half'], fact, wayOut, code: 'E_CONFIG' });
  }
  return {
    features,
    labels,
    ids,
    images: pictures,
    dim: data['dim'] as number | undefined,
    normalise: data['normalise'] as boolean,
    onInvalid: data['onInvalid'] as 'error' | 'drop',
    storage: data['storage'] as DataPlan['storage'],
    half,
    seed: data['seed'] as number,
  };
}

/** Rows and columns of the features, once what belongs to them is found to have as many; undefined where something is wrong. */
export async function inspectData(data: DataPlan, report: Report): Promise<FilePlan['facts'] | undefined> {
  try {
    const facts = await inspectFeatures(data.features, data.dim === undefined ? {} : { dim: data.dim });
    if (data.labels !== undefined) await readLabels(data.labels, facts.n);
    if (data.ids !== undefined || data.images !== undefined) await readFaceNames(data, facts.n);
    return facts;
  } catch (error) {
    if (!(error instanceof L2cError)) throw error;
    for (const { code, place, fact, wayOut } of error.problems) {
      const names = ['features', 'labels', 'ids', 'images'] as const;
      const name = names.find((key) => data[key] !== undefined && place.startsWith(data[key])) ?? 'features';
      report({ path: ['data', name], fact: `${place}: ${fact}`, wayOut, code });
    }
    return undefined;
  }
}
