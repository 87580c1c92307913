import { join } from 'node:path';
import { formatProblem } from '../errors.js';
import { writeAtomic } from '../formats/atomic.js';
import { shortName } from '../pipeline/document.js';
import { jsonNumbers } from '../pipeline/output.js';
import type { Choices, TunedPipeline, Tuning } from '../pipeline/tuning.js';
import { hasChoice, type FailedSetting } from '../pipeline/tune-jobs.js';
import { spellControls } from '../spell-controls.js';
import { csvTable, markdownTable, type Column, type Row, type Table } from './table.js';
import type { Screen } from './terminal/screen.js';
import { screenTable } from './terminal/screen-table.js';

const percent = (value: number): string => (Number.isNaN(value) ? 'NaN' : (100 * value).toFixed(2));

/** Settings that failed and are shown; all are in `comparison.json`. */
const shownFailures = 10;

/** Each pipeline as written and tuned, on the halves that were not tuned on: means over the splits. */
export function tuningTable({ pipelines }: Tuning): Table {
  const trials = pipelines.flatMap(({ written, tuned }) => [written ?? [], tuned ?? []].flat());
  const metrics = [...new Set(trials.flatMap((trial) => Object.keys(trial.metrics)))];
  const columns: Column[] = [
    ...metrics.map((title): Column => ({ title, better: 'higher', format: percent })),
    { title: 'clusters', better: 'none', format: (value) => value.toFixed(0) },
  ];
  const rows = pipelines.flatMap((each) => {
    const { pipeline, written, tuned } = each;
    const names = !hasChoice(each) ? [pipeline] : [`${pipeline}, as written`, `${pipeline}, tuned`];
    return [written, tuned].slice(0, names.length).map((trial, i): Row => {
      if (trial === undefined) return { name: names[i], values: [], failure: failureOf(each, i === 1) };
      return { name: names[i], values: [...metrics.map((name) => trial.metrics[name]), trial.clusters] };
    });
  });
  return { columns, rows };
}

/** Why a pipeline gave nothing on any half that it was judged on: as written, or with what was chosen. */
function failureOf({ failed, splits }: TunedPipeline, tuned: boolean): string {
  const choices = tuned ? splits.map((split) => JSON.stringify(split.choices)) : ['{}'];
  const own = failed.find((setting) => choices.includes(JSON.stringify(setting.choices)));
  return reason(own?.failure ?? []);
}

const reason = (failure: FailedSetting['failure']): string => failure.map(formatProblem).join('; ');

/** `components: deoverlapper.threshold 0.54 failed: why`. */
function failures({ pipeline, failed }: TunedPipeline): string[] {
  const lines = failed.slice(0, shownFailures).map(({ choices, failure }) => {
    const setting = Object.entries(choices).map(([path, value]) => `${shortPath(path, pipeline)} ${shown(value)}`);
    return `${pipeline}: ${setting.length === 0 ? 'as written' : setting.join(', ')} failed: ${reason(failure)}`;
  });
  const more = failed.length - lines.length;
  return more > 0 ? [...lines, `${pipeline}: ${more} more settings failed, see comparison.json`] : lines;
}

const shortPath = (path: string, pipeline: string): string => path.replace(`pipelines.${pipeline}.`, '');

const notesOf = (tuning: Tuning): string[] => [
  ...tuning.pipelines.filter(hasChoice).map((pipeline) => note(pipeline, tuning)),
  ...tuning.pipelines.flatMap(failures),
  ...learnedNote(tuning),
];

/** Halves of the identities that weights were trained on are no other identities. */
function learnedNote({ pipelines }: Tuning): string[] {
  const names = pipelines.filter(({ learned }) => learned).map(({ pipeline }) => pipeline);
  if (names.length === 0) return [];
  return [
    `${names.join(', ')}: learned weights stay as they are; if they were trained on any of these identities, all figures above are better than on others`,
  ];
}

/** `comparison.md`, `comparison.csv`, `comparison.json`. */
export async function writeTuning(directory: string, tuning: Tuning): Promise<void> {
  const table = tuningTable(tuning);
  const notes = notesOf(tuning).map((line) => `- ${line}`);
  const text = [markdownTable(table), '', caption(tuning), '', ...notes].join('\n');
  await writeAtomic(join(directory, 'comparison.md'), `${text}\n`);
  await writeAtomic(join(directory, 'comparison.csv'), csvTable(table));
  await writeAtomic(join(directory, 'comparison.json'), `${JSON.stringify(tuning, jsonNumbers, 2)}\n`);
}

/** The table for who tuned, and what was chosen. */
export function tuningText(tuning: Tuning, screen: Screen): string {
  const lines = [
    screenTable(tuningTable(tuning), screen),
    '',
    caption(tuning),
    '',
    ...notesOf(tuning).map(spellControls),
    '',
  ];
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
function note(each: TunedPipeline, { metric }: Tuning): string {
  const { pipeline, settings, choices, splits, tuned: tunedMean, written: writtenMean } = each;
  const paths = Object.keys(choices).map((path) => {
    const varying = splits.map((split) => shown(split.choices[path]));
    return `${shortPath(path, pipeline)} ${shown(choices[path])} (by split ${varying.join(', ')})`;
  });
  const chosen = range(splits.map(({ best }) => best));
  const tuned = range(splits.map((split) => split.tuned?.metrics[metric]));
  const written = range(splits.map((split) => split.written?.metrics[metric]));
  const worth = `${metric} ${chosen} where chosen, ${tuned} on the other half, ${written} as written`;
  const [mean, before] = [tunedMean?.metrics[metric], writtenMean?.metrics[metric]];
  const gain = mean !== undefined && before !== undefined && !(mean > before) ? '; no better than as written' : '';
  return `${pipeline}: ${paths.join(', ')} of ${settings} setting${settings === 1 ? '' : 's'}; ${worth}${gain}`;
}

function range(values: readonly (number | undefined)[]): string {
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0) return 'failed';
  const [low, high] = [percent(Math.min(...known)), percent(Math.max(...known))];
  const reached = low === high ? low : `${low} .. ${high}`;
  return known.length === values.length ? reached : `${reached} (failed on ${values.length - known.length})`;
}

const shown = (value: Choices[string]): string => (typeof value === 'string' ? value : JSON.stringify(value));
