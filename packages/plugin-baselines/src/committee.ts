import {
  exactNeighbours,
  inspectFeatures,
  problem,
  readFeatures,
  type DataFacts,
  type Features,
  type FileRows,
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
      'Features by other networks, a row for each row of data.features: .bin, .npy or .npz, one file each. Halves and dropped rows are taken out of them, too.',
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
 * Where the n instances are some `rows` of the data, the files are read in the same rows.
 *
 * @throws L2cError E_DATA for a file of other than the rows of the data, or k or fewer instances; E_FILE as readers do
 */
export async function* committeeMembers(
  { committee, dim, k }: CommitteeOptions,
  n: number,
  rows: FileRows | undefined,
  services: Pick<Services, 'compute' | 'progress' | 'signal'>,
): AsyncGenerator<Member> {
  if (k >= n) throw problem('E_DATA', 'k', widthFact(k, n), widthWayOut(n));
  for (const file of committee) {
    const form = dim === 0 ? {} : { dim };
    const count = rows?.count ?? n;
    const found = await inspectFeatures(file, form);
    if (found.n !== count) throw problem('E_DATA', file, lengthFact(found.n, count), lengthWayOut);
    const { features } = await readFeatures(file, { ...form, rows: rows?.ids });
    yield { features, knn: await exactNeighbours(features, k, services) };
  }
}

/** What can be said against a committee before anything runs. */
export async function committeeProblems(
  { committee, dim, k }: CommitteeOptions,
  { n, rows: count = n }: DataFacts,
): Promise<OptionProblem[]> {
  const problems: OptionProblem[] = [];
  for (const [at, file] of committee.entries()) {
    const found = await inspectFeatures(file, dim === 0 ? {} : { dim });
    if (found.n !== count)
      problems.push({ option: `committee.${at}`, fact: lengthFact(found.n, count), wayOut: lengthWayOut });
  }
  if (k >= n) problems.push({ option: 'k', fact: widthFact(k, n), wayOut: widthWayOut(n) });
  return problems;
}

const lengthFact = (rows: number, n: number): string => `holds ${rows} instances, the file of features has ${n}`;
const lengthWayOut = 'give features of the same instances in the same order';
const widthFact = (k: number, n: number): string => `${k} neighbours of ${n} instances`;
const widthWayOut = (n: number): string => `at most ${n - 1}`;
