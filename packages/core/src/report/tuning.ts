import { join } from 'node:path';
import { writeAtomic } from '../formats/atomic.js';
import { shortName } from '../pipeline/document.js';
import { jsonNumbers } from '../pipeline/output.js';
import type { Choices, TunedPipeline, Tuning } from '../pipeline/tune-file.js';
import { csvTable, markdownTable, type Column, type Table } from './table.js';

const percent = (value: number): string => (Number.isNaN(value) ? 'NaN' : (100 * value).toFixed(2));

/** Whether the grid concerns a pipeline, if only with one value. */
const isTuned = ({ choices }: TunedPipeline): boolean => Object.keys(choices).length > 0;

/** Each pipeline as written and tuned, on the halves that were not tuned on: means over the splits. */
export function tuningTable({ pipelines }: Tuning): Table {
  const metrics = [...new Set(pipelines.flatMap(({ written }) => Object.keys(written.metrics)))];
  const columns: Column[] = [
    ...metrics.map((title): Column => ({ title, better: 'higher', format: percent })),
    { title: 'clusters', better: 'none', format: (value) => value.toFixed(0) },
  ];
  const rows = pipelines.flatMap((each) => {
    const { pipeline, written, tuned } = each;
    const names = !isTuned(each) ? [pipeline] : [`${pipeline}, as written`, `${pipeline}, tuned`];
    return [written, tuned].slice(0, names.length).map((trial, i) => ({
      name: names[i],
      values: [...metrics.map((name) => trial.metrics[name]), trial.clusters],
    }));
  });
  return { columns, rows };
}

/** `comparison.md`, `comparison.csv`, `comparison.json`. */
export async function writeTuning(directory: string, tuning: Tuning): Promise<void> {
  const table = tuningTable(tuning);
  const notes = tuning.pipelines.filter(isTuned).map((pipeline) => `- ${note(pipeline, tuning)}`);
  const text = [markdownTable(table), '', caption(tuning), '', ...notes].join('\n');
  await writeAtomic(join(directory, 'comparison.md'), `${text}\n`);
  await writeAtomic(join(directory, 'comparison.csv'), csvTable(table));
  await writeAtomic(join(directory, 'comparison.json'), `${JSON.stringify(tuning, jsonNumbers, 2)}\n`);
}

/** The table for a terminal, and what was chosen. */
export function tuningText(tuning: Tuning, terminal: boolean): string {
  const mark = terminal ? (cell: string) => `\u001b[1m${cell}\u001b[22m` : (cell: string) => `*${cell}`;
  const notes = tuning.pipelines.filter(isTuned).map((pipeline) => note(pipeline, tuning));
  const lines = [markdownTable(tuningTable(tuning), mark), '', caption(tuning), '', ...notes, ''];
  return lines.concat(`Chosen on all labelled instances: ${shortName(join(tuning.output, 'tuned.yaml'))}`).join('\n');
}

function caption({ splits, metric }: Tuning): string {
  const times = splits === 1 ? 'once' : `${splits} times, means`;
  return `Identities split in halves ${times}: options chosen on one for ${metric}, all figures from the other. Metrics in %.`;
}

/**
 * `components: deoverlapper.threshold 0.54 (by split 0.53, 0.54) of 12 settings; bcubed f 98.50 .. 98.61 where chosen,
 * 98.12 .. 98.40 on the other half, 96.91 .. 97.02 as written`.
 */
function note({ pipeline, settings, choices, splits }: TunedPipeline, { metric }: Tuning): string {
  const paths = Object.keys(choices).map((path) => {
    const varying = splits.map((split) => shown(split.choices[path]));
    return `${path.replace(`pipelines.${pipeline}.`, '')} ${shown(choices[path])} (by split ${varying.join(', ')})`;
  });
  const chosen = range(splits.map(({ best }) => best ?? NaN));
  const tuned = range(splits.map((split) => split.tuned.metrics[metric]));
  const written = range(splits.map((split) => split.written.metrics[metric]));
  const worth = `${metric} ${chosen} where chosen, ${tuned} on the other half, ${written} as written`;
  return `${pipeline}: ${paths.join(', ')} of ${settings} setting${settings === 1 ? '' : 's'}; ${worth}`;
}

function range(values: readonly number[]): string {
  const [low, high] = [percent(Math.min(...values)), percent(Math.max(...values))];
  return low === high ? low : `${low} .. ${high}`;
}

const shown = (value: Choices[string]): string => (typeof value === 'string' ? value : JSON.stringify(value));
