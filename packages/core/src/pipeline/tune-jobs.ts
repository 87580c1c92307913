import { L2cError, type Problem } from '../errors.js';
import { shortName } from './document.js';
import type { IdentitySplit } from './identity-split.js';
import type { FilePlan, PipelinePlan, StagePlan, TunePlan } from './plan.js';
import { stageFaults } from './stage-faults.js';
import { stagesOf, variantsOf, type Variant } from './tune-grid.js';

/** A setting that can't be run, or failed. */
export interface FailedSetting {
  /** As in the grid; none for the pipeline as the file has it. */
  readonly choices: Variant['choices'];
  readonly failure: readonly Problem[];
}

/** A pipeline and its settings: those that may be tried, and what became of the others. */
export interface TuneJob {
  readonly pipeline: PipelinePlan;
  readonly settings: number;
  readonly variants: readonly Variant[];
  readonly failed: FailedSetting[];
}

/** Whether the grid concerns a pipeline, if only with one value. */
export const hasChoice = ({ choices }: { readonly choices: Variant['choices'] }): boolean =>
  Object.keys(choices).length > 0;

/**
 * The settings of each pipeline. Halves are smaller than the data, and no stage may find that out after an hour: what it would
 * refuse on the smallest half is no setting to try. Throws E_DATA where none is left, with all that speaks against them.
 */
export async function tuneJobs(
  plan: FilePlan,
  { options }: TunePlan,
  pipelines: readonly PipelinePlan[],
  halves: readonly IdentitySplit[],
): Promise<TuneJob[]> {
  const n = Math.min(...halves.flatMap(({ tuning, testing }) => [tuning.length, testing.length]));
  const faultsOf = stageFaultsOn(plan, n);
  const impossible = new Map<string, Problem>();
  const jobs: TuneJob[] = [];
  for (const pipeline of pipelines) {
    const all = variantsOf(pipeline, options.get(pipeline.name) ?? []);
    const variants: Variant[] = [];
    const failed: FailedSetting[] = [];
    for (const variant of all) {
      const failure: Problem[] = [];
      for (const stage of stagesOf(variant.pipeline)) failure.push(...(await faultsOf(stage)));
      if (failure.length === 0) variants.push(variant);
      else failed.push({ choices: variant.choices, failure });
    }
    jobs.push({ pipeline, settings: all.length, variants, failed });
    if (variants.length > 0) continue;
    for (const each of failed.flatMap(({ failure }) => failure)) impossible.set(`${each.place} ${each.fact}`, each);
  }
  if (impossible.size > 0) throw new L2cError([...impossible.values()]);
  return jobs;
}

/** What stages say against n rows, each stage asked once for the same options. */
function stageFaultsOn({ file, facts }: FilePlan, n: number): (stage: StagePlan) => Promise<readonly Problem[]> {
  const known = new Map<string, readonly Problem[]>();
  return async (stage) => {
    const key = `${stage.path.join('.')} ${JSON.stringify(stage.options)}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const faults = await stageFaults(stage, { ...facts, n, rows: facts.n });
    const problems = faults.map(({ option, fact, wayOut }): Problem => {
      const place = `${shortName(file)} ${[...stage.path, ...(option === '' ? [] : [option])].join('.')}`;
      return { code: 'E_DATA', place, fact: `on the smallest half, ${fact}`, wayOut };
    });
    known.set(key, problems);
    return problems;
  };
}
