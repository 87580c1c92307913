// Pairs of measurements on machines that others use as well: in turns, and by medians.

/**
 * Has each side run a request `rounds` times, in turns (A B A B ...), after one round that isn't counted unless `warm` is
 * false. Absent sides (undefined) stay absent. Returns per side `{ wall, cpu }`, medians in seconds, and all `runs`.
 */
export async function inTurns(sides, request, rounds, warm = true) {
  const runs = sides.map(() => []);
  for (let round = warm ? -1 : 0; round < rounds; round++) {
    for (const [i, side] of sides.entries()) {
      if (side === undefined) continue;
      const run = await side.run(request);
      if (round >= 0) runs[i].push(run);
    }
  }
  return runs.map((list) =>
    list.length === 0 ? undefined : { wall: median(list, 'wall'), cpu: median(list, 'cpu'), runs: list },
  );
}

export function median(list, key) {
  const sorted = list.map((item) => item[key]).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
