import type { PipelineSummary } from '../../pipeline/summary.js';
import { comparisonTable } from '../comparison.js';
import { bestOf, type Column, type Table } from '../table.js';
import type { IdentityFigures } from './identity-figures.js';
import type { ComparisonData } from './report-data.js';

const percent = (value: number): string => (Number.isNaN(value) ? 'NaN' : (100 * value).toFixed(2));

/** The comparison table beside what only the report compares; `figures` are by pipeline, undefined without labels. */
export function comparisonData(
  summaries: readonly PipelineSummary[],
  figures: readonly (IdentityFigures | undefined)[],
): ComparisonData {
  const base = comparisonTable(summaries);
  const has = (title: string): boolean => base.columns.some((column) => column.title === title);
  const titles = [...new Set(figures.flatMap((each) => Object.keys(each ?? {})))].filter((title) => !has(title));
  const more: Column[] = titles.map((title) =>
    title === 'clusters per identity'
      ? { title, better: 'none', format: (value) => value.toFixed(2) }
      : { title, better: 'higher', format: percent },
  );
  const share: Column = { title: 'singletons, % of faces', better: 'none', format: percent };
  const table: Table = {
    columns: [...base.columns, ...more, share],
    rows: base.rows.map(({ name, values }, r) => ({
      name,
      values: [
        ...values,
        ...titles.map((title) => figures[r]?.[title]),
        summaries[r].singletons / summaries[r].instances,
      ],
    })),
  };
  const best = table.columns.map((_, c) => bestOf(table, c));
  return {
    columns: table.columns.map(({ title }) => title),
    rows: table.rows.map(({ name, values }, r) => ({
      name,
      cells: values.map((value, c) => ({
        value: value === undefined ? null : Number.isFinite(value) ? value : String(value),
        text: value === undefined ? '-' : table.columns[c].format(value),
        best: best[c].has(r),
      })),
    })),
  };
}
