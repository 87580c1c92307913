import { heldOutInstances, type EdgeProposals, type Random } from '@l2c/core';

/** Each link whose two ends are of known identity, once, whichever way it is proposed; both ways count as one. O(m k). */
export function labelledLinks({ n, offsets, targets, similarities }: EdgeProposals, truth: Int32Array): EdgeProposals {
  const kept = new Int32Array(targets.length);
  const starts = new Int32Array(n + 1);
  let count = 0;
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      const j = targets[e];
      if (truth[i] === -1 || truth[j] === -1) continue;
      if (j < i && targets.subarray(offsets[j], offsets[j + 1]).includes(i)) continue;
      kept[count++] = e;
    }
    starts[i + 1] = count;
  }
  const order = kept.subarray(0, count);
  return {
    kind: 'edges',
    n,
    offsets: starts,
    targets: Int32Array.from(order, (e) => targets[e]),
    similarities: Float32Array.from(order, (e) => similarities[e]),
  };
}

/** (m) 1 where both ends are of one identity. */
export function sameIdentity({ n, offsets, targets }: EdgeProposals, truth: Int32Array): Uint8Array {
  const same = new Uint8Array(targets.length);
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) same[e] = truth[i] === truth[targets[e]] ? 1 : 0;
  }
  return same;
}

/** Links by number: those learned from, and those with an end of an identity that is held out, a share of all identities. */
export function splitByIdentity(
  { n, offsets, targets }: EdgeProposals,
  truth: Int32Array,
  share: number,
  random: Random,
): { learned: Int32Array; heldOut: Int32Array } {
  const isHeld = heldOutInstances(truth, share, random);
  const learned = new Int32Array(targets.length);
  const heldOut = new Int32Array(targets.length);
  let [few, many] = [0, 0];
  for (let i = 0; i < n; i++) {
    for (let e = offsets[i]; e < offsets[i + 1]; e++) {
      if (isHeld[i] === 1 || isHeld[targets[e]] === 1) heldOut[few++] = e;
      else learned[many++] = e;
    }
  }
  return { learned: learned.slice(0, many), heldOut: heldOut.slice(0, few) };
}
