import { bcubed } from '../../builtin/bcubed.js';
import { contingency, type Contingency } from '../../builtin/contingency.js';
import { nmi } from '../../builtin/nmi.js';
import { pairwise } from '../../builtin/pairwise.js';
import { clusterSizes, type Labels } from '../../data/labels.js';

/** What the report compares beyond the evaluators of a file, by title; shares in 0 .. 1. */
export type IdentityFigures = Readonly<Record<string, number>>;

/**
 * Figures of one partition against true identities (-1 unknown, left out). `without singles`: over the faces that were put together with
 * another one, as the tables of the GCN papers have it. An identity is found at F > t where a cluster holds it with such an F
 * of precision and recall. O(n).
 */
export function identityFigures(truth: Int32Array, labels: Labels): IdentityFigures {
  const sizes = clusterSizes(labels);
  const [a, b] = knownPairs(truth, labels.values);
  const together = truth.map((identity, i) => (sizes[labels.values[i]] > 1 ? identity : -1));
  const [joinedA, joinedB] = knownPairs(together, labels.values);
  const table = contingency(a, b);
  const best = bestF(table);
  const share = (least: number): number => best.filter((f) => f > least).length / best.length;
  return {
    'pairwise f without singles': pairwise(joinedA, joinedB).f,
    'bcubed f without singles': bcubed(joinedA, joinedB).f,
    nmi: nmi(a, b, { average: 'arithmetic' }),
    'nmi geometric': nmi(a, b, { average: 'geometric' }),
    'identities found, F > 0.5': share(0.5),
    'identities found, F > 0.9': share(0.9),
    'clusters per identity': table.columns.length / table.rows.length,
  };
}

/** Identities and clusters of the instances whose identity is known. */
export function knownPairs(truth: Int32Array, labels: Int32Array): [Int32Array, Int32Array] {
  if (!truth.includes(-1)) return [truth, labels];
  return [truth.filter((identity) => identity !== -1), labels.filter((_, i) => truth[i] !== -1)];
}

/** Of each identity the F of the cluster that holds it best. */
function bestF({ rows, columns, cells, cellRows, cellColumns }: Contingency): Float64Array {
  const best = new Float64Array(rows.length);
  for (let c = 0; c < cells.length; c++) {
    const identity = cellRows[c];
    const f = (2 * cells[c]) / (rows[identity] + columns[cellColumns[c]]);
    if (f > best[identity]) best[identity] = f;
  }
  return best;
}
