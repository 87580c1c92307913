import { analyseClusters, type ClusterAnalysis } from '../../cluster/cluster-analysis.js';
import { decidingLinks } from '../../cluster/deciding-links.js';
import { unitRows, type Features } from '../../data/features.js';
import type { Labels } from '../../data/labels.js';
import { problem } from '../../errors.js';
import { imageAddress, readFaceNames, type FaceNames } from '../../pipeline/face-names.js';
import type { Inputs } from '../../pipeline/inputs.js';
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
  private readonly notes: string[] = [];
  private readonly partitions: Labels[] = [];
  private first: { readonly inputs: Inputs; readonly features: Features; readonly names: FaceNames } | undefined;

  constructor(private readonly options: ReportOptions) {}

  /** `known` is the analysis of its clusters where one was made. Throws L2cErrors E_FILE and E_DATA where names or images can't be read, E_DATA where the pipeline ran on other data than those before it. */
  async add(outcome: FinishedPipeline, known?: ClusterAnalysis): Promise<void> {
    const { session, result, summary, state } = outcome;
    const { inputs, plan } = session;
    if (this.first === undefined) {
      const names = await readFaceNames(plan.data, inputs.rows);
      this.first = { inputs, names, features: unitRows(inputs.features, plan.data.normalise) };
    } else if (this.first.inputs.featuresKey !== inputs.featuresKey) {
      const wayOut = 'give each an --output of its own';
      throw problem('E_DATA', `pipeline ${summary.pipeline}`, 'ran on other features than those beside it', wayOut);
    }
    const seconds = this.options.curveSeconds ?? Math.max(3, summary.seconds / 10);
    const { features } = this.first;
    const { compute, signal } = session.servicesFor('');
    const analysis =
      known ?? (await analyseClusters(features, result.labels, decidingLinks(state), { compute, signal }));
    this.gathered.push(await pipelineData(outcome, features, analysis, seconds));
    this.summaries.push(summary);
    this.partitions.push(result.labels);
    this.figures.push(
      inputs.truth?.some((label) => label !== -1) ? identityFigures(inputs.truth, result.labels) : undefined,
    );
  }

  /** Says something at the head of the page. */
  note(text: string): void {
    this.notes.push(text);
  }

  /** True where no pipeline was added, so that there is nothing to show. */
  get isEmpty(): boolean {
    return this.first === undefined;
  }

  /** All of it, no larger than a page may be. */
  finish(): ReportData {
    if (this.first === undefined) throw new RangeError('a report of no pipeline');
    const { inputs, names } = this.first;
    const pick = (lines: readonly string[]): readonly string[] =>
      inputs.kept === undefined ? lines : Array.from(inputs.kept, (row) => lines[row]);
    const images = names.images?.map((image) => imageAddress(image, this.options.folder));
    return fitInto({
      l2c: version,
      title: this.options.title,
      instances: inputs.features.n,
      comparison: comparisonData(this.summaries, this.figures),
      pipelines: this.gathered.map(({ data }) => data),
      agreement: agreements(this.partitions),
      rows: inputs.kept === undefined ? undefined : packIntegers(inputs.kept),
      truth: inputs.truth === undefined ? undefined : packIntegers(inputs.truth),
      ids: names.ids === undefined ? undefined : packText(pick(names.ids)),
      images: images === undefined ? undefined : packText(pick(images)),
      notes: [...this.notes, ...this.gathered.flatMap(({ notes }) => notes)],
    });
  }
}
