import { AssertionError } from 'node:assert';
import { samePartition, type Labels } from '../data/labels.js';

/**
 * Throws unless both split the instances alike, whatever the clusters are called. The message names the clusters that
 * were split and those that were merged; test runners show the two partitions as a diff.
 */
export function expectLabels(actual: Labels | ArrayLike<number>, expected: Labels | ArrayLike<number>): void {
  const found = valuesOf(actual);
  const wanted = valuesOf(expected);
  if (found.length !== wanted.length) {
    throw new AssertionError({
      message: `${found.length} labels where ${wanted.length} were expected`,
      actual: found.length,
      expected: wanted.length,
      operator: 'expectLabels',
    });
  }
  if (samePartition(found, wanted)) return;
  const facts = [...pieces(wanted, found, 'split'), ...pieces(found, wanted, 'merged')];
  throw new AssertionError({
    message: `the partitions differ:\n${shorten(facts, 10).join('\n')}`,
    actual: shorten(groupsOf(found).map(braces), 200),
    expected: shorten(groupsOf(wanted).map(braces), 200),
    operator: 'expectLabels',
  });
}

function valuesOf(labels: Labels | ArrayLike<number>): ArrayLike<number> {
  return 'values' in labels && typeof labels.values === 'object' ? labels.values : (labels as ArrayLike<number>);
}

/** The clusters of `whole` that lie in several of `parts`, as lines. */
function* pieces(whole: ArrayLike<number>, parts: ArrayLike<number>, verb: 'split' | 'merged'): Iterable<string> {
  for (const group of groupsOf(whole)) {
    const inside = groupsOf(group.map((i) => parts[i])).map((part) => part.map((place) => group[place]));
    if (inside.length < 2) continue;
    const list = shorten(inside.map(braces), 10).join(' ');
    yield verb === 'split' ? `  ${braces(group)} was split into ${list}` : `  ${list} were merged`;
  }
}

/** Instances by cluster, clusters by first instance. */
function groupsOf(labels: ArrayLike<number>): number[][] {
  const groups = new Map<number, number[]>();
  for (let i = 0; i < labels.length; i++) {
    const group = groups.get(labels[i]);
    if (group === undefined) groups.set(labels[i], [i]);
    else group.push(i);
  }
  return [...groups.values()];
}

function braces(group: readonly number[]): string {
  return `{${shorten(group.map(String), 20).join(', ')}}`;
}

function shorten(list: readonly string[], most: number): string[] {
  return list.length <= most ? [...list] : [...list.slice(0, most), `... ${list.length - most} more`];
}
