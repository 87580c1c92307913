import { selectRows, type Features } from '../data/features.js';
import { toLabels, type Labels } from '../data/labels.js';
import { findCopies, linksOfNodes } from '../graph/copies.js';
import type { DecidingLinks } from './deciding-links.js';

/** Clustered unit rows, and the links that decided, where there are any. */
export interface ClusteredRows {
  readonly features: Features;
  readonly labels: Labels;
  readonly links: DecidingLinks | undefined;
  /** (n) rows of the file. */
  readonly rows: Int32Array;
}

/** Faces that are copies of others. */
export interface FaceCopies {
  /** Faces but for one of each. */
  readonly count: number;
  /** Rows of the file of an original and a copy. */
  readonly example: readonly [number, number];
}

/** Where more are copies the estimate would be one of copies: each is sure to be with its original. */
const mostCopies = 0.1;

/**
 * The faces without copies of others, see {@link findCopies}: one of each, the first. The same object where there are none.
 * O(m + n dim) time.
 */
export function distinctFaces(all: ClusteredRows): { distinct: ClusteredRows; copies: FaceCopies | undefined } {
  const { features, labels, links, rows } = all;
  const found = links && findCopies(links, links.similarities);
  if (links === undefined || found === undefined) return { distinct: all, copies: undefined };
  const { nodeOf, firsts, count } = found;
  const { n, offsets, targets, scores: similarities } = linksOfNodes(links, links.similarities, found);
  const scores = links.scores === links.similarities ? similarities : linksOfNodes(links, links.scores, found).scores;
  const copy = nodeOf.findIndex((node, i) => firsts[node] !== i);
  return {
    distinct: {
      features: selectRows(features, firsts),
      labels: toLabels(firsts.map((i) => labels.values[i])),
      links: { n, offsets, targets, similarities, scores },
      rows: firsts.map((i) => rows[i]),
    },
    copies: { count: features.n - count, example: [rows[firsts[nodeOf[copy]]], rows[copy]] },
  };
}

/** Why nothing is estimated of n faces with so many copies. */
export function copiesDoubt(n: number, copies: FaceCopies | undefined): string | undefined {
  if (copies === undefined || copies.count <= mostCopies * n) return undefined;
  const share = `${(100 * (copies.count / n)).toFixed(0)} %`;
  return `no estimate, as ${share} of the faces are copies of others: leave them out of the file to have one`;
}
