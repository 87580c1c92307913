import { analyseClusters, type ClusterAnalysis } from '../../cluster/cluster-analysis.js';
import { decidingLinks } from '../../cluster/deciding-links.js';
import type { ClusterJudgement } from '../../cluster/judge-clusters.js';
import { unitRows, type Features } from '../../data/features.js';
import type { Labels } from '../../data/labels.js';
import { problem, type L2cError } from '../../errors.js';
import { imageAddress, readFaceNames, type FaceNames } from '../../pipeline/face-names.js';
import type { Inputs } from '../../pipeline/inputs.js';
import type { FailedPipeline } from '../../pipeline/failed-run.js';
import type { FinishedPipeline } from '../../pipeline/finished-pipeline.js';
import type { PipelineSummary } from '../../pipeline/summary.js';
import type { Services } from '../../stages/services.js';
import { version } from '../../version.js';
import { judgementText } from '../judgement-text.js';
import { agreements } from './agreement.js';
import { comparisonData } from './comparison-data.js';
import { fitInto } from './fit-into.js';
import { identityFigures, type IdentityFigures } from './identity-figures.js';
import { packIntegers, packText } from './pack.js';
import { pipelineData, type GatheredPipeline } from './pipeline-data.js';
import type { PipelineData, ReportData } from './report-data.js';
import { FaceOrder } from './thumbnails/face-order.js';
import { makeThumbnails, type Thumbnails } from './thumbnails/make-thumbnails.js';
import type { ThumbnailMaker } from './thumbnails/thumbnail-maker.js';

export interface ReportOptions {
  /** Where the page will lie: addresses of images are relative to it. */
  readonly folder: string;
  readonly title: string;
  /** How long other thresholds may be tried, for each pipeline; by default a tenth of the run, but three seconds at least. */
  readonly curveSeconds?: number | undefined;
  /** Puts thumbnails of the images into the page. */
  readonly thumbnails?: ThumbnailMaker | undefined;
}

/** What is known of the clusters of a pipeline without labels. */
export interface KnownClusters extends Pick<ClusterJudgement, 'quality' | 'doubts'> {
  readonly analysis?: ClusterAnalysis | undefined;
}

/** What a page is made from. */
export interface BuiltReport {
  readonly data: ReportData;
  /** WebP in base64, of the instances `data.thumbnails`. */
  readonly thumbnails: readonly string[];
}

/** Gathers what the page shows, pipeline by pipeline as they end, so that no more than one lies in memory. */
export class ReportBuilder {
  private readonly gathered: GatheredPipeline[] = [];
  private readonly summaries: PipelineSummary[] = [];
  private readonly figures: (IdentityFigures | undefined)[] = [];
  private readonly failed: FailedPipeline[] = [];
  private readonly partitions: Labels[] = [];
  private first:
    | { readonly inputs: Inputs; readonly features: Features; readonly names: FaceNames; readonly services: Services }
    | undefined;
  private faces: FaceOrder | undefined;

  constructor(private readonly options: ReportOptions) {}

  /** `known` is what is known of its clusters already. Throws L2cErrors E_FILE and E_DATA where names or images can't be read, E_DATA where the pipeline ran on other data than those before it. */
  async add(outcome: FinishedPipeline, known?: KnownClusters): Promise<void> {
    const { session, result, summary, state } = outcome;
    const { inputs, plan } = session;
    if (this.first !== undefined && this.first.inputs.featuresKey !== inputs.featuresKey) {
      const wayOut = 'give each an --output of its own';
      throw problem('E_DATA', `pipeline ${summary.pipeline}`, 'ran on other features than those beside it', wayOut);
    }
    const services = session.servicesFor('');
    const first = this.first ?? {
      inputs,
      names: await readFaceNames(plan.data, inputs.rows),
      features: unitRows(inputs.features, plan.data.normalise),
      services,
    };
    if (this.options.thumbnails !== undefined && first.names.images === undefined) throw noImages();
    const seconds = this.options.curveSeconds ?? Math.max(3, summary.seconds / 10);
    const { features } = first;
    const analysis =
      known?.analysis ?? (await analyseClusters(features, result.labels, decidingLinks(state), services));
    const { data, notes } = await pipelineData(outcome, features, analysis, seconds);
    this.gathered.push({ notes, data: { ...data, judgement: known && judgementText(known.quality, known.doubts) } });
    this.faces ??= new FaceOrder(features.n);
    this.faces.add(result.labels.values, analysis.cohesion.sizes, analysis.cohesion.fits, askedAbout(data));
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
  async finish(): Promise<BuiltReport> {
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
    if (first === undefined) return { data: { ...base, instances: 0 }, thumbnails: [] };
    const { inputs, names } = first;
    const pick = (lines: readonly string[]): readonly string[] =>
      inputs.kept === undefined ? lines : Array.from(inputs.kept, (row) => lines[row]);
    const shown = names.images && pick(names.images);
    const thumbnails = await this.thumbnails(shown);
    const images = shown?.map((image) => imageAddress(image, this.options.folder));
    const data = fitInto({
      ...base,
      notes: [...base.notes, ...thumbnails.notes],
      instances: inputs.features.n,
      rows: inputs.kept === undefined ? undefined : packIntegers(inputs.kept),
      truth: inputs.truth === undefined ? undefined : packIntegers(inputs.truth),
      ids: names.ids === undefined ? undefined : packText(pick(names.ids)),
      images: images === undefined ? undefined : packText(images),
      thumbnails: thumbnails.images.length === 0 ? undefined : packIntegers(thumbnails.instances),
    });
    return { data, thumbnails: thumbnails.images };
  }

  private async thumbnails(images: readonly string[] | undefined): Promise<Thumbnails> {
    const { first, faces, options } = this;
    if (options.thumbnails === undefined || images === undefined)
      return { instances: new Int32Array(0), images: [], notes: [] };
    return makeThumbnails(images, faces!.order(), options.thumbnails, first!.services);
  }
}

const noImages = (): L2cError =>
  problem(
    'E_DATA',
    '--thumbnails',
    'the run knows of no images',
    'give data.images in the pipeline file, or --images to l2c cluster, and run again',
  );

/** Faces that the queues ask about. */
const askedAbout = ({ splits, close }: PipelineData): number[] => [
  ...splits.flatMap(({ link }) => link),
  ...close.flatMap(({ strongest }) => strongest?.link ?? []),
];
