import type { Features } from '../../data/features.js';

/** Copies the features of instances[first .. first + count] to the front of `target`, in runs of consecutive ones. */
export function gatherRows(
  features: Features,
  instances: ArrayLike<number>,
  first: number,
  count: number,
  target: Float32Array,
): void {
  const { dim } = features;
  for (let i = 0; i < count;) {
    const start = instances[first + i];
    let run = 1;
    while (i + run < count && instances[first + i + run] === start + run) run++;
    features.copyRows(start, start + run, i === 0 ? target : target.subarray(i * dim));
    i += run;
  }
}
