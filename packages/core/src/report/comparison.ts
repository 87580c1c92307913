import { dirname, join } from 'node:path';
import { formatProblem } from '../errors.js';
import { writeAtomic } from '../formats/atomic.js';
import { makeDirectory } from '../pipeline/artifacts.js';
import { shortName } from '../pipeline/document.js';
import { hasFailed, type Outcome } from '../pipeline/failed-run.js';
import { jsonNumbers } from '../pipeline/output.js';
import type { PipelineSummary } from '../pipeline/summary.js';
import { csvTable, markdownTable, type Column, type Table } from './table.js';
import type { Screen } from './terminal/screen.js';
import { legend, screenTable } from './terminal/screen-table.js';

const percent = (value: number): string => (Number.isNaN(value) ? 'NaN' : (100 * value).toFixed(2));
const whole = (value: number): string => value.toFixed(0);

/** Pipelines side by side: metrics in %, clusters, singletons, seconds and peak memory; those that failed say so. */
export function comparisonTable(outcomes: readonly Outcome[]): Table {
  const metrics = metricsOf(outcomes);
  const columns: Column[] = [
    ...metrics.map((title): Column => ({ title, better: 'higher', format: percent })),
    { title: 'clusters', better: 'none', format: whole },
    { title: 'singletons', better: 'none', format: whole },
    { title: 'seconds', better: 'lower', format: (value) => value.toFixed(2) },
    { title: 'peak MB', better: 'lower', format: whole },
  ];
  const rows = outcomes.map((outcome) => ({ name: outcome.pipeline, ...cellsOf(outcome, metrics) }));
  return { columns, rows };
}

const metricsOf = (outcomes: readonly Outcome[]): string[] => [
  ...new Set(outcomes.flatMap((outcome) => (hasFailed(outcome) ? [] : Object.keys(outcome.metrics ?? {})))),
];

function cellsOf(outcome: Outcome, metrics: readonly string[]): Omit<Table['rows'][number], 'name'> {
  if (hasFailed(outcome)) return { values: [], failure: outcome.failure.map(formatProblem).join('; ') };
  const { clusters, singletons, seconds, peakBytes } = outcome;
  return {
    values: [...metrics.map((name) => outcome.metrics?.[name]), clusters, singletons, seconds, peakBytes / 1e6],
  };
}

/** `comparison.md`, `comparison.csv`, `comparison.json`. */
export async function writeComparison(directory: string, outcomes: readonly Outcome[]): Promise<void> {
  const table = comparisonTable(outcomes);
  const failures = table.rows.flatMap(({ name, failure }) => (failure === undefined ? [] : [`- ${name}: ${failure}`]));
  const text = [markdownTable(table), ...(failures.length === 0 ? [] : ['', 'Failed:', '', ...failures])];
  await makeDirectory(directory);
  await writeAtomic(join(directory, 'comparison.md'), `${text.join('\n')}\n`);
  await writeAtomic(join(directory, 'comparison.csv'), csvTable(table));
  await writeAtomic(join(directory, 'comparison.json'), `${JSON.stringify(outcomes, jsonNumbers, 2)}\n`);
}

/** The table for who ran the pipelines, and what a reader must know about it. */
export function comparisonText(outcomes: readonly Outcome[], screen: Screen): string {
  const table = comparisonTable(outcomes);
  const lines = [screenTable(table, screen), ''];
  const summaries = outcomes.filter((outcome): outcome is PipelineSummary => !hasFailed(outcome));
  const measured = summaries.some(({ metrics }) => metrics !== undefined);
  const marks = legend(table, screen);
  if (marks !== undefined) lines.push(marks);
  lines.push(
    measured ? 'Metrics in %.' : 'Without labels nothing can be evaluated: precision, recall and NMI need data.labels.',
  );
  if (summaries.some(({ cachedStages }) => cachedStages > 0))
    lines.push('Cached stages count with the time they took when they were computed.');
  return lines
    .concat(`Results: ${[...new Set(outcomes.map(({ output }) => dirname(output)))].map(shortName).join(', ')}`)
    .join('\n');
}
