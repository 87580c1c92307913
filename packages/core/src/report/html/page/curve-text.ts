import type { CurveData } from '../report-data.js';
import { percent } from './dom.js';

/** The line that a threshold is judged by. */
const judged = 'BCubed F';

/** What a curve shows, in words: the chosen value, how it came about, and whether another one tried is better. */
export function curveText({ option, value, values, lines, plateau }: CurveData): string {
  const at = values.indexOf(value);
  const there = lines.flatMap(({ name, values: line }) => {
    const found = line[at] ?? null;
    return found === null ? [] : [`${name} ${percent(found)}`];
  });
  const sentences = [`${option} is ${value}, the dashed line${there.length === 0 ? '' : `: ${there.join(', ')}`}.`];
  if (plateau !== undefined)
    sentences.push(
      `It was chosen without labels: from ${plateau[0]} to ${plateau[1]}, the band, the clusters are much the same.`,
    );
  const f = lines.find(({ name }) => name === judged)?.values ?? [];
  const own = f[at] ?? null;
  if (own !== null && f.some((score, i) => score !== null && i !== at)) {
    const best = f.reduce<number>((most, score, i) => ((score ?? -1) > f[most]! ? i : most), at);
    sentences.push(
      percent(f[best]!) === percent(own)
        ? 'No other value that was tried has a better F.'
        : `Of the values tried, ${values[best]} has the best F, ${percent(f[best]!)}.`,
    );
  }
  return sentences.join(' ');
}
