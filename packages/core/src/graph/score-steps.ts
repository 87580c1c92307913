/** Scores that are looked at: enough to see a value that one in a hundred has. */
const sampled = 8192;
/** Fewer scores say nothing of how they are spread. */
const fewest = 100;
/** A value that holds more of the scores is a step: similarities of float32 hardly ever meet. */
const stepShare = 0.01;
/** Copies of a face are alike to the last digit or nearly. */
const copies = 0.999;

/**
 * The value that most of the scores above `low` have exactly, and their share, where scores come in steps, as fractions of small
 * numbers do: a threshold between two steps is stable because nothing lies there. Undefined where they spread. O(1).
 */
export function scoreStep(scores: ArrayLike<number>, low: number): { value: number; share: number } | undefined {
  const stride = Math.max(1, Math.floor(scores.length / sampled));
  const counts = new Map<number, number>();
  let seen = 0;
  for (let e = 0; e < scores.length; e += stride) {
    const score = scores[e];
    if (!(score > low)) continue;
    seen++;
    if (score < copies) counts.set(score, (counts.get(score) ?? 0) + 1);
  }
  if (seen < fewest) return undefined;
  let [value, most] = [NaN, 0];
  for (const [score, count] of counts) if (count > most) [value, most] = [score, count];
  return most / seen < stepShare ? undefined : { value, share: most / seen };
}
