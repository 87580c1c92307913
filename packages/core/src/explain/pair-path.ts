import { forestPath } from '../graph/forest-path.js';

/** One link of a path, from one instance to the next. */
export interface PathStep {
  readonly from: number;
  readonly to: number;
  /** Which of the two the link leads up from in the forest. */
  readonly child: number;
  readonly score: number;
  readonly similarity: number;
}

/** The best way from one instance to another over links, and which step of it holds least. */
export interface PairPath {
  readonly steps: readonly PathStep[];
  /** Place of the lowest score; the first of equal ones. */
  readonly weakest: number;
}

/** A spanning forest of best links; scores and similarities are those of the link from each instance to its parent. */
export interface LinkedForest {
  readonly parents: ArrayLike<number>;
  readonly scores: ArrayLike<number>;
  readonly similarities: ArrayLike<number>;
}

/** Undefined where no path leads from a to b; of no step where both are one. O(depth). */
export function pairPath({ parents, scores, similarities }: LinkedForest, a: number, b: number): PairPath | undefined {
  const points = forestPath(parents, a, b);
  if (points === undefined) return undefined;
  const steps = points.slice(1).map((to, s): PathStep => {
    const from = points[s];
    const child = parents[from] === to ? from : to;
    return { from, to, child, score: scores[child], similarity: similarities[child] };
  });
  const weakest = steps.reduce((least, { score }, s) => (score < steps[least].score ? s : least), 0);
  return { steps, weakest };
}
