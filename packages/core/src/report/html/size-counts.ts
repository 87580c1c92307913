/** How many clusters there are of each size: [size, clusters], ascending. */
export function sizeCounts(sizes: Int32Array): [number, number][] {
  const counts = new Map<number, number>();
  for (const size of sizes) if (size > 0) counts.set(size, (counts.get(size) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => a - b);
}
