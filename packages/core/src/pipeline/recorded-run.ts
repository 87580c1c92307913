import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { formatProblem, L2cError, problem, type Problem } from '../errors.js';
import type { Log } from '../stages/services.js';
import { hasFailed, type FailedPipeline, type Outcome } from './failed-run.js';

/** A run as it lies in its folder. */
export interface RecordedRun {
  /** Folders of the pipelines that have results, absolute: in the order of the comparison, then by name. */
  readonly folders: readonly string[];
  /** Pipelines that have none, since they failed. */
  readonly failed: readonly FailedPipeline[];
}

/**
 * The pipelines of a run's folder, or the one whose folder it is. Throws an L2cError E_FILE where there is none: no run was written
 * there, all of it failed, or it is of a single face.
 */
export function recordedRun(path: string): RecordedRun {
  const folder = resolve(path);
  if (hasResults(folder)) return { folders: [folder], failed: [] };
  const entries = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const outcomes = comparedIn(folder);
  const places = new Map(outcomes.map(({ pipeline }, place) => [pipeline, place]));
  const placeOf = (name: string): number => places.get(name) ?? places.size;
  const folders = names
    .sort()
    .sort((a, b) => placeOf(a) - placeOf(b))
    .map((name) => join(folder, name))
    .filter(hasResults);
  const failed = outcomes.filter(hasFailed).filter(({ pipeline }) => !hasResults(join(folder, pipeline)));
  if (folders.length > 0) return { folders, failed };
  if (failed.length > 0) throw new L2cError(failed.flatMap((each) => failureOf(each, join(path, each.pipeline))));
  const own = comparedIn(dirname(folder)).find(({ pipeline }) => pipeline === basename(folder));
  if (own !== undefined && hasFailed(own)) throw new L2cError(failureOf(own, path));
  if (isOneFace(folder) || isOneFace(dirname(folder))) {
    const fact = 'holds a single face, all that l2c cluster was given: no run, and nothing to go on from';
    throw problem('E_FILE', path, fact, 'cluster two or more faces at once');
  }
  throw problem(
    'E_FILE',
    path,
    'is no folder of a run: neither it nor a folder in it holds metrics.json',
    'give the one that l2c run or l2c cluster wrote',
  );
}

/**
 * Does something with each pipeline of a run, in their order. One that can't be had, and those that failed in the run, keep no other
 * from it: they are warnings, and come back as failures. Throws an L2cError where nothing can be done with any; E_ABORTED.
 */
export async function eachPipeline(
  { folders, failed }: RecordedRun,
  log: Log,
  work: (folder: string) => Promise<void>,
): Promise<FailedPipeline[]> {
  const lost: FailedPipeline[] = [];
  for (const folder of folders) {
    try {
      await work(folder);
    } catch (error) {
      if (!(error instanceof L2cError) || error.code === 'E_ABORTED') throw error;
      lost.push({ pipeline: basename(folder), failure: error.problems, output: folder });
    }
  }
  if (lost.length === folders.length) throw new L2cError(distinct(lost.flatMap(({ failure }) => failure)));
  const all = [...lost, ...failed];
  warnOf(all, log);
  return all;
}

/** Says which pipelines are left out, and why. */
export function warnOf(failed: readonly FailedPipeline[], log: Log): void {
  for (const { pipeline, failure } of failed)
    log.warn(`pipeline ${pipeline} is left out: ${failure.map(formatProblem).join('; ')}`);
}

/** What several pipelines suffer from is said once. */
const distinct = (problems: readonly Problem[]): Problem[] => [
  ...new Map(problems.map((each) => [formatProblem(each), each])).values(),
];

const hasResults = (folder: string): boolean => existsSync(join(folder, 'metrics.json'));

/** Whether `l2c cluster` wrote labels there and nothing ran: of the only face. */
const isOneFace = (folder: string): boolean =>
  ['clusters.csv', 'clusters/labels.meta'].every((name) => existsSync(join(folder, name))) &&
  !['cluster.yaml', 'clusters/metrics.json'].some((name) => existsSync(join(folder, name)));

/** What became of the pipelines of the last run in a folder, by its `comparison.json`; none where that can't be read. */
function comparedIn(folder: string): Outcome[] {
  try {
    const outcomes: unknown = JSON.parse(readFileSync(join(folder, 'comparison.json'), 'utf8'));
    return Array.isArray(outcomes) ? outcomes.filter(isOutcome) : [];
  } catch {
    return [];
  }
}

const isOutcome = (value: unknown): value is Outcome =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Outcome).pipeline === 'string' &&
  (!('failure' in value) || Array.isArray(value.failure));

function failureOf({ pipeline, failure }: FailedPipeline, place: string): Problem[] {
  const fact = `pipeline ${pipeline} has no results, since it failed: ${failure.map(formatProblem).join('; ')}`;
  return [{ code: 'E_FILE', place, fact, wayOut: 'mend that and run it again' }];
}
