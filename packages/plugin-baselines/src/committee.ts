import {
  exactNeighbours,
  inspectFeatures,
  problem,
  readFeatures,
  type Features,
  type KnnGraph,
  type OptionProblem,
  type Services,
} from '@l2c/core';

/** Options of all stages that ask other networks. */
export interface CommitteeOptions {
  committee: string[];
  dim: number;
  k: number;
}

/** Their schema. */
export const committeeProperties = {
  committee: {
    type: 'array',
    minItems: 1,
    items: { type: 'string', format: 'path' },
    description:
      'Features of the same instances, in the same order, by other networks: .bin, .npy or .npz, one file each.',
  },
  dim: {
    type: 'integer',
    minimum: 0,
    default: 0,
    description: 'Numbers per row of committee files that are .bin; 0 where there is none.',
  },
  k: {
    type: 'integer',
    minimum: 1,
    maximum: 65534,
    default: 14,
    description: 'Neighbours that a member of the committee lists, the instance itself not counted.',
  },
} as const;

/** What one network says: unit rows, and the nearest neighbours by them. */
export interface Member {
  readonly features: Features;
  readonly knn: KnnGraph;
}

/**
 * The members in the order of the files, each read and searched exactly when it is asked for, so that one is in memory at a time.
 *
 * @throws L2cError E_DATA for a file of other than n instances, or k or fewer; E_FILE as readers do
 */
export async function* committeeMembers(
  { committee, dim, k }: CommitteeOptions,
  n: number,
  services: Pick<Services, 'compute' | 'progress' | 'signal'>,
): AsyncGenerator<Member> {
  if (k >= n) throw problem('E_DATA', 'k', widthFact(k, n), widthWayOut(n));
  for (const file of committee) {
    const { features } = await readFeatures(file, dim === 0 ? {} : { dim });
    if (features.n !== n) throw problem('E_DATA', file, lengthFact(features.n, n), lengthWayOut);
    yield { features, knn: await exactNeighbours(features, k, services) };
  }
}

/** What can be said against a committee before anything runs. */
export async function committeeProblems({ committee, dim, k }: CommitteeOptions, n: number): Promise<OptionProblem[]> {
  const problems: OptionProblem[] = [];
  for (const [at, file] of committee.entries()) {
    const found = await inspectFeatures(file, dim === 0 ? {} : { dim });
    if (found.n !== n) problems.push({ option: `committee.${at}`, fact: lengthFact(found.n, n), wayOut: lengthWayOut });
  }
  if (k >= n) problems.push({ option: 'k', fact: widthFact(k, n), wayOut: widthWayOut(n) });
  return problems;
}

const lengthFact = (rows: number, n: number): string => `holds ${rows} instances, the features have ${n}`;
const lengthWayOut = 'give features of the same instances in the same order';
const widthFact = (k: number, n: number): string => `${k} neighbours of ${n} instances`;
const widthWayOut = (n: number): string => `at most ${n - 1}`;
