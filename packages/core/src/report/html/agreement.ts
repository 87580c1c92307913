import { bcubed } from '../../builtin/bcubed.js';
import { contingency, type Contingency } from '../../builtin/contingency.js';
import type { Labels } from '../../data/labels.js';
import type { AgreementData } from './report-data.js';

const mostPairs = 100;
const mostListed = 10;
const mostParts = 8;

/**
 * How much each two of some partitions agree, and which clusters they see differently: the pairs that differ most, a hundred at most.
 * O(n) a pair.
 */
export function agreements(partitions: readonly Labels[]): AgreementData[] {
  const found: Omit<AgreementData, 'splits'>[] = [];
  for (let a = 0; a < partitions.length; a++) {
    for (let b = a + 1; b < partitions.length; b++)
      found.push({ pair: [a, b], f: bcubed(partitions[a].values, partitions[b].values).f });
  }
  found.sort((p, q) => p.f - q.f);
  return found.slice(0, mostPairs).map(({ pair: [a, b], f }) => {
    const [first, second] = [partitions[a].values, partitions[b].values];
    const splits = [...torn(contingency(first, second), 0), ...torn(contingency(second, first), 1)];
    splits.sort((p, q) => q.separated - p.separated);
    return { pair: [a, b], f, splits: splits.slice(0, mostListed).map(({ separated: _, ...split }) => split) };
  });
}

type Torn = AgreementData['splits'][number] & { readonly separated: number };

/** The clusters of the first partition that the second separates most pairs of. Labels are by first appearance, as those of tables are. */
function torn({ rows, cells, cellRows, cellColumns }: Contingency, of: 0 | 1): Torn[] {
  const together = new Float64Array(rows.length);
  const starts = new Int32Array(rows.length + 1);
  for (let c = 0; c < cells.length; c++) {
    together[cellRows[c]] += cells[c] * cells[c];
    starts[cellRows[c] + 1] = c + 1;
  }
  const separated = Float64Array.from(rows, (size, row) => (size * size - together[row]) / 2);
  return [...separated.keys()]
    .filter((row) => separated[row] > 0)
    .sort((p, q) => separated[q] - separated[p] || p - q)
    .slice(0, mostListed)
    .map((cluster) => {
      const parts: [number, number][] = [];
      for (let c = starts[cluster]; c < starts[cluster + 1]; c++) parts.push([cellColumns[c], cells[c]]);
      parts.sort(([, p], [, q]) => q - p);
      return { of, cluster, size: rows[cluster], parts: parts.slice(0, mostParts), separated: separated[cluster] };
    });
}
