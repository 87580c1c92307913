import { sharedInt32, type ClusterProposals, type Csr } from '@l2c/core';

/** Sets of instances as they are found, each set once however often it is found. Members of a set must ascend. */
export class ProposalCollector {
  private ends = new Int32Array(1024);
  private members = new Int32Array(16384);
  private hashes = new Int32Array(1024);
  private slots = new Int32Array(4096).fill(-1);
  private total = 0;
  private sets = 0;
  private again = 0;

  /** Sets kept. */
  get count(): number {
    return this.sets;
  }

  /** Sets that were there already. */
  get repeated(): number {
    return this.again;
  }

  /** Adds the groups `isWanted` says yes to, in their order. O(total size). */
  addGroups(groups: Csr, isWanted: (group: number, size: number) => boolean): void {
    const { n, offsets, targets } = groups;
    for (let g = 0; g < n; g++) {
      if (isWanted(g, offsets[g + 1] - offsets[g])) this.add(targets, offsets[g], offsets[g + 1]);
    }
  }

  /** What was collected, as proposals among n instances, in the order in which the sets were first found. */
  proposals(n: number): ClusterProposals {
    const offsets = sharedInt32(this.sets + 1);
    offsets.set(this.ends.subarray(0, this.sets), 1);
    const members = sharedInt32(this.total);
    members.set(this.members.subarray(0, this.total));
    return { kind: 'clusters', n, offsets, members };
  }

  private add(from: Int32Array, start: number, end: number): void {
    const hash = hashOf(from, start, end);
    const slot = this.slotOf(hash, from, start, end);
    if (this.slots[slot] !== -1) {
      this.again++;
      return;
    }
    const size = end - start;
    if (this.total + size > this.members.length) this.members = grown(this.members, this.total + size);
    if (this.sets === this.ends.length) {
      this.ends = grown(this.ends, this.sets + 1);
      this.hashes = grown(this.hashes, this.sets + 1);
    }
    this.members.set(from.subarray(start, end), this.total);
    this.total += size;
    this.slots[slot] = this.sets;
    this.hashes[this.sets] = hash;
    this.ends[this.sets++] = this.total;
    if (2 * this.sets > this.slots.length) this.rehash();
  }

  /** The slot of an equal set, or the free one where it belongs: open addressing, linear probing. */
  private slotOf(hash: number, from: Int32Array, start: number, end: number): number {
    const mask = this.slots.length - 1;
    let slot = hash & mask;
    while (this.slots[slot] !== -1 && !this.isEqual(this.slots[slot], hash, from, start, end)) slot = (slot + 1) & mask;
    return slot;
  }

  private isEqual(set: number, hash: number, from: Int32Array, start: number, end: number): boolean {
    if (this.hashes[set] !== hash) return false;
    const first = set === 0 ? 0 : this.ends[set - 1];
    if (this.ends[set] - first !== end - start) return false;
    for (let m = 0; m < end - start; m++) if (this.members[first + m] !== from[start + m]) return false;
    return true;
  }

  private rehash(): void {
    this.slots = new Int32Array(2 * this.slots.length).fill(-1);
    const mask = this.slots.length - 1;
    for (let set = 0; set < this.sets; set++) {
      let slot = this.hashes[set] & mask;
      while (this.slots[slot] !== -1) slot = (slot + 1) & mask;
      this.slots[slot] = set;
    }
  }
}

/** Instances by label: group g holds those labelled g, ascending; -1 is in none. O(n). */
export function groupsOf(labels: Int32Array, count: number): Csr {
  const offsets = new Int32Array(count + 1);
  for (const label of labels) if (label !== -1) offsets[label + 1]++;
  for (let g = 0; g < count; g++) offsets[g + 1] += offsets[g];
  const cursor = offsets.slice(0, count);
  const targets = new Int32Array(offsets[count]);
  for (let i = 0; i < labels.length; i++) if (labels[i] !== -1) targets[cursor[labels[i]]++] = i;
  return { n: count, offsets, targets };
}

function hashOf(list: Int32Array, start: number, end: number): number {
  let hash = end - start;
  for (let m = start; m < end; m++) {
    hash = Math.imul(hash ^ list[m], 0x85ebca6b);
    hash ^= hash >>> 13;
  }
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function grown(array: Int32Array, needed: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(needed, 2 * array.length));
  larger.set(array);
  return larger;
}
