/** The points on the way from a to b in a forest given by parents (-1 of a root), both included; undefined where they hang on different trees. O(depth). */
export function forestPath(parents: ArrayLike<number>, a: number, b: number): number[] | undefined {
  const up = [a];
  const places = new Map([[a, 0]]);
  for (let i = parents[a]; i !== -1; i = parents[i]) {
    places.set(i, up.length);
    up.push(i);
  }
  const down: number[] = [];
  for (let i = b; i !== -1; i = parents[i]) {
    const place = places.get(i);
    if (place !== undefined) return [...up.slice(0, place + 1), ...down.reverse()];
    down.push(i);
  }
  return undefined;
}
