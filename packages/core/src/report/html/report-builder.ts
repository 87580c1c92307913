import { analyseClusters, type ClusterAnalysis } from '../../cluster/cluster-analysis.js';
import { decidingLinks } from '../../cluster/deciding-links.js';
import { unitRows, type Features } from '../../data/features.js';
import type { Labels } from '../../data/labels.js';
import { problem } from '../../errors.js';
import { imageAddress, readFaceNames, type FaceNames } from '../../pipeline/face-names.js';
import type { Inputs } from '../../pipeline/inputs.js';
import type { FailedPipeline } from '../../pipeline/failed-run.js';
import type { FinishedPipeline } from '../../pipeline/finished-pipeline.js';
import type { PipelineSummary } from '../../pipeline/summary.js';
import { version } from '../../version.js';
import { agreements } from './agreement.js';
import { comparisonData } from './comparison-data.js';
import { fitInto } from './fit-into.js';
import { identityFigures, type IdentityFigures } from './identity-figures.js';
import { packIntegers, packText } from './pack.js';
import { pipelineData, type GatheredPipeline } from './pipeline-data.js';
import type { ReportData } from './report-data.js';

export interface ReportOptions {
  /** Where the page will lie: addresses of images are relative to it. */
  readonly folder: string;
  readonly title: string;
  /** How long other thresholds may be tried, for each pipeline; by default a tenth of the run, but three seconds at least. */
  readonly curveSeconds?: number | undefined;
}

/** Gathers what the page shows, pipeline by pipeline as they end, so that no more than one lies in memory. */
export class ReportBuilder {
  private readonly gathered: GatheredPipeline[] = [];
  private readonly summaries: PipelineSummary[] = [];
  private readonly figures: (IdentityFigures | undefined)[] = [];
  private readonly failed: FailedPipeline[] = [];
  private readonly partitions: Labels[] = [];
  private first: { readonly inputs: Inputs; readonly features: Features; readonly names: FaceNames } | undefined;

  constructor(private readonly options: ReportOptions) {}

  /** `known` is the analysis of its clusters where one was made. Throws L2cErrors E_FILE and E_DATA where names or images can't be read, E_DATA where the pipeline ran on other data than those before it. */
  async add(outcome: FinishedPipeline, known?: ClusterAnalysis): Promise<void> {
    const { session, result, summary, state } = outcome;
    const { inputs, plan } = session;
    if (this.first !== undefined && this.first.inputs.featuresKey !== inputs.featuresKey) {
      const wayOut = 'give each an --output of its own';
      throw problem('E_DATA', `pipeline ${summary.pipeline}`, 'ran on other features than those beside it', wayOut);
    }
    const first = this.first ?? {
      inputs,
      names: await readFaceNames(plan.data, inputs.rows),
      features: unitRows(inputs.features, plan.data.normalise),
    };
    const seconds = this.options.curveSeconds ?? Math.max(3, summary.seconds / 10);
    const { features } = first;
    const { compute, signal } = session.servicesFor('');
    const analysis =
      known ?? (await analyseClusters(features, result.labels, decidingLinks(state), { compute, signal }));
    this.gathered.push(await pipelineData(outcome, features, analysis, seconds));
    this.first = first;
    this.summaries.push(summary);
    this.partitions.push(result.labels);
    this.figures.push(
      inputs.truth?.some((label) => label !== -1) ? identityFigures(inputs.truth, result.labels) : undefined,
    );
  }

  /** A pipeline that has nothing to show, and why. */
  fail(failed: FailedPipeline): void {
    this.failed.push(failed);
  }

  /** True where there is nothing to show, not even a failure. */
  get isEmpty(): boolean {
    return this.first === undefined && this.failed.length === 0;
  }

  /** All of it, no larger than a page may be. */
  finish(): ReportData {
    const { first, failed } = this;
    const base = {
      l2c: version,
      title: this.options.title,
      comparison: comparisonData(this.summaries, this.figures),
      pipelines: this.gathered.map(({ data }) => data),
      failed: failed.map(({ pipeline, failure }) => ({ name: pipeline, problems: failure })),
      agreement: agreements(this.partitions),
      notes: this.gathered.flatMap(({ notes }) => notes),
    };
    if (first === undefined) return { ...base, instances: 0 };
    const { inputs, names } = first;
    const pick = (lines: readonly string[]): readonly string[] =>
      inputs.kept === undefined ? lines : Array.from(inputs.kept, (row) => lines[row]);
    const images = names.images?.map((image) => imageAddress(image, this.options.folder));
    return fitInto({
      ...base,
      instances: inputs.features.n,
      rows: inputs.kept === undefined ? undefined : packIntegers(inputs.kept),
      truth: inputs.truth === undefined ? undefined : packIntegers(inputs.truth),
      ids: names.ids === undefined ? undefined : packText(pick(names.ids)),
      images: images === undefined ? undefined : packText(pick(images)),
    });
  }
}
