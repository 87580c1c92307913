import {
  defineStage,
  problem,
  readLabels,
  toLabels,
  type ClusterProposals,
  type Features,
  type OptionProblem,
  type OptionsSchema,
  type ProposalGenerator,
  type Services,
} from '@l2c/core';
import { groupsOf, ProposalCollector } from './proposal-collector.js';

export interface LabelGroupsOptions {
  paths: string[];
  minSize: number;
  maxSize: number;
}

const options: OptionsSchema<LabelGroupsOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    paths: {
      type: 'array',
      items: { type: 'string', format: 'path' },
      minItems: 1,
      description:
        'Files of labels, one integer an instance: the labels.meta of earlier runs, or the pred_labels.txt in a proposal folder of the reference.',
    },
    minSize: { type: 'integer', minimum: 1, default: 3, description: 'Smaller groups are not proposed.' },
    maxSize: { type: 'integer', minimum: 0, default: 0, description: 'Larger groups are not proposed; 0 = no limit.' },
  },
  required: ['paths', 'minSize', 'maxSize'],
};

/**
 * The groups of equal labels of each partition, as far as their sizes are within the limits; a set that several hold once. -1 is
 * in no group, and neither are instances behind the last label. O(n) a partition.
 */
export function labelGroups(
  n: number,
  partitions: readonly Int32Array[],
  { minSize, maxSize }: Pick<LabelGroupsOptions, 'minSize' | 'maxSize'>,
): ClusterProposals {
  const collector = new ProposalCollector();
  const most = maxSize === 0 ? Infinity : maxSize;
  for (const partition of partitions) {
    if (partition.length > n) throw new RangeError(`${partition.length} labels for ${n} instances`);
    const { values, clusters } = toLabels(partition);
    const named = values.map((label, i) => (partition[i] === -1 ? -1 : label));
    collector.addGroups(groupsOf(named, clusters), (_, size) => size >= minSize && size <= most);
  }
  return collector.proposals(n);
}

function lengthFact(labels: Int32Array, n: number): string | undefined {
  return labels.length <= n ? undefined : `the file holds ${labels.length} labels, the features have ${n} rows`;
}

const lengthWayOut = 'give labels of these features';

class LabelGroups implements ProposalGenerator {
  constructor(
    private readonly options: LabelGroupsOptions,
    private readonly services: Services,
  ) {}

  async propose({ n }: Features): Promise<ClusterProposals> {
    const partitions: Int32Array[] = [];
    for (const path of this.options.paths) {
      const labels = await readLabels(path);
      const fact = lengthFact(labels, n);
      if (fact !== undefined) throw problem('E_DATA', path, fact, lengthWayOut);
      if (labels.length < n) {
        const rest = `the last ${n - labels.length} instances have no label and are in no group`;
        this.services.log.warn(`${path}: ${rest}`);
      }
      partitions.push(labels);
    }
    const proposals = labelGroups(n, partitions, this.options);
    this.services.record('proposals', proposals.offsets.length - 1);
    return proposals;
  }
}

async function faults({ paths, minSize, maxSize }: LabelGroupsOptions, n: number): Promise<OptionProblem[]> {
  const found: OptionProblem[] = [];
  if (maxSize !== 0 && maxSize < minSize) {
    found.push({ option: 'maxSize', fact: `${maxSize} is below minSize, ${minSize}`, wayOut: 'raise it' });
  }
  for (const [index, path] of paths.entries()) {
    const fact = lengthFact(await readLabels(path), n);
    if (fact !== undefined) found.push({ option: `paths.${index}`, fact, wayOut: lengthWayOut });
  }
  return found;
}

export const labelGroupsStage = defineStage({
  kind: 'proposalGenerator',
  type: 'label-groups',
  proposals: 'clusters',
  summary: 'Proposes the clusters of results that are there already, of any method.',
  cost: 'O(n) time and one read for each file',
  options,
  check: (filled: LabelGroupsOptions, { n }) => faults(filled, n),
  create: (filled: LabelGroupsOptions, services) => new LabelGroups(filled, services),
});
