import { dirname, join } from 'node:path';
import { writeAtomic } from '../formats/atomic.js';
import { shortName } from '../pipeline/document.js';
import { jsonNumbers } from '../pipeline/output.js';
import type { PipelineSummary } from '../pipeline/summary.js';
import { csvTable, markdownTable, type Column, type Table } from './table.js';

const percent = (value: number): string => (Number.isNaN(value) ? 'NaN' : (100 * value).toFixed(2));
const whole = (value: number): string => value.toFixed(0);

/** Pipelines side by side: metrics in %, clusters, singletons, seconds and peak memory. */
export function comparisonTable(summaries: readonly PipelineSummary[]): Table {
  const metrics = [...new Set(summaries.flatMap((summary) => Object.keys(summary.metrics ?? {})))];
  const columns: Column[] = [
    ...metrics.map((title): Column => ({ title, better: 'higher', format: percent })),
    { title: 'clusters', better: 'none', format: whole },
    { title: 'singletons', better: 'none', format: whole },
    { title: 'seconds', better: 'lower', format: (value) => value.toFixed(2) },
    { title: 'peak MB', better: 'lower', format: whole },
  ];
  const rows = summaries.map((summary) => ({
    name: summary.pipeline,
    values: [
      ...metrics.map((name) => summary.metrics?.[name]),
      summary.clusters,
      summary.singletons,
      summary.seconds,
      summary.peakBytes / 1e6,
    ],
  }));
  return { columns, rows };
}

/** `comparison.md`, `comparison.csv`, `comparison.json`. */
export async function writeComparison(directory: string, summaries: readonly PipelineSummary[]): Promise<void> {
  const table = comparisonTable(summaries);
  await writeAtomic(join(directory, 'comparison.md'), `${markdownTable(table)}\n`);
  await writeAtomic(join(directory, 'comparison.csv'), csvTable(table));
  await writeAtomic(join(directory, 'comparison.json'), `${JSON.stringify(summaries, jsonNumbers, 2)}\n`);
}

/** The table for a terminal, best values in bold where it is one, and what a reader must know about it. */
export function comparisonText(summaries: readonly PipelineSummary[], terminal: boolean): string {
  const mark = terminal ? (cell: string) => `\u001b[1m${cell}\u001b[22m` : (cell: string) => `*${cell}`;
  const lines = [markdownTable(comparisonTable(summaries), mark), ''];
  const measured = summaries.some(({ metrics }) => metrics !== undefined);
  if (measured && summaries.length > 1) lines.push(`${terminal ? 'Bold' : '*'} is the best of a column; metrics in %.`);
  if (!measured) lines.push('Without labels nothing can be evaluated: precision, recall and NMI need data.labels.');
  if (summaries.some(({ cachedStages }) => cachedStages > 0))
    lines.push('Cached stages count with the time they took when they were computed.');
  return lines
    .concat(`Results: ${[...new Set(summaries.map(({ output }) => dirname(output)))].map(shortName).join(', ')}`)
    .join('\n');
}
