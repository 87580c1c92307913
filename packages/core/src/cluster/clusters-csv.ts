import type { Cohesion } from './cluster-cohesion.js';

export interface CsvRows {
  /** (rows of the file) clusters, -1 where a row was left out. */
  readonly labels: Int32Array;
  /** Rows that were clustered, in the order of the cohesion's faces. */
  readonly rows: Int32Array;
  readonly cohesion: Cohesion;
  /** What the user knows of each row, by title. */
  readonly columns: ReadonlyMap<string, readonly string[]>;
}

const [first, last] = ['row', 'cluster,size,fit'];

/**
 * A line for each row of the file: its number from 0, what the user knows of it, cluster, size of the cluster, and fit: the
 * cosine with the mean of the cluster, empty for a face alone. RFC 4180, but with \n. What the user knows has a ' put in front where a spreadsheet program
 * would take it for a formula, and where it begins with ' itself: whoever takes one ' off again has what it was.
 */
export function clustersCsv({ labels, rows, cohesion, columns }: CsvRows): string {
  const fits = new Float32Array(labels.length);
  rows.forEach((row, i) => (fits[row] = cohesion.fits[i]));
  const lines = [[first, ...columns.keys(), last].join()];
  for (let row = 0; row < labels.length; row++) {
    const cluster = labels[row];
    const known = [...columns.values()].map((column) => quoted(harmless(column[row])));
    const size = cluster === -1 ? 0 : cohesion.sizes[cluster];
    const about = [size, size > 1 ? fits[row].toFixed(4) : ''];
    lines.push([row, ...known, cluster, ...about].join());
  }
  return `${lines.join('\n')}\n`;
}

/** Whether a text begins as {@link clustersCsv} does. */
export function isClustersCsv(text: string): boolean {
  const [title] = text.split('\n', 1);
  return title.startsWith(`${first},`) && title.endsWith(`,${last}`);
}

/** A number is no formula, whatever its sign. */
function harmless(text: string): string {
  return /^['=+\-@\t\r]/.test(text) && !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? `'${text}` : text;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
