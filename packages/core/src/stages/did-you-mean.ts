import { distance } from 'fastest-levenshtein';

/** `did you mean "maxSize"?` where a known word is close to the one given; otherwise the list of known words, if short. */
export function didYouMean(given: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(given.length / 3)) + 1;
  for (const word of known) {
    const edits = distance(given.toLowerCase(), word.toLowerCase());
    if (edits < least) {
      least = edits;
      best = word;
    }
  }
  if (best !== undefined) return `did you mean "${best}"?`;
  if (known.length === 0) return undefined;
  return known.length <= 16 ? `known: ${known.join(', ')}` : undefined;
}
