import type { ThresholdData } from './chosen-threshold.js';

/** Where one face is among the neighbours of another: from 1, 0 where it is none of them. */
export function rankText(place: number, k: number, face: string, of: string, similarity?: number): string {
  if (place === 0) return `${face} is none of the ${k} nearest of ${of}`;
  const cosine = similarity === undefined ? '' : `, with cosine ${similarity.toFixed(3)}`;
  return `${face} is neighbour ${place} of ${of}${cosine}`;
}

/** Which ways a link between two faces was proposed. */
export function waysText(forth: boolean, back: boolean, a: string, b: string): string {
  if (forth && back) return 'links them both ways';
  if (!forth && !back) return 'proposes no link between them';
  return forth ? `links ${a} to ${b}` : `links ${b} to ${a}`;
}

/** `confidence 0.412 of a, 0.371 of b`. */
export const confidenceText = (a: string, of: number, b: string, other: number): string =>
  `confidence ${of.toFixed(3)} of ${a}, ${other.toFixed(3)} of ${b}`;

/** Where two faces ended. */
export const clustersText = (a: string, from: number, b: string, to: number): string =>
  from === to ? `puts both into cluster ${from}` : `puts ${a} into cluster ${from}, ${b} into cluster ${to}`;

/** What keeps two faces apart whose links all pass the threshold; '' where one does not, or nothing does. */
export function partedText(
  together: boolean,
  weakest: number,
  threshold: ThresholdData | undefined,
  deoverlapper: string,
): string {
  if (together || threshold?.option !== 'threshold' || weakest < threshold.value) return '';
  return `, so no link is too weak: ${deoverlapper} parts them by all the links around them`;
}
