import type { PipelineData, ReportData } from '../report-data.js';
import { unpackPartition, type Partition } from './partition.js';
import { Thumbnails } from './thumbnails.js';
import { arrived, unpackIntegers, unpackReals, unpackText } from './unpack.js';

/** A cluster as the list shows it. */
export interface ClusterRow {
  readonly cluster: number;
  readonly size: number;
  readonly similarity: number;
  /** -1 where none was compared. */
  readonly nearest: number;
  readonly nearestSimilarity: number;
  readonly identity: number | undefined;
  readonly purity: number | undefined;
  readonly missed: number | undefined;
}

/** What is known of single faces. */
interface Faces {
  readonly ids: readonly string[] | undefined;
  readonly images: readonly string[] | undefined;
  readonly rows: ArrayLike<number> | undefined;
  readonly truth: ArrayLike<number> | undefined;
  readonly thumbnails: Thumbnails;
}

/** The data of the page, unpacked when they are asked for: a page opens without looking at single faces. */
export class RunModel {
  private readonly partitions = new Map<number, Promise<Partition | undefined>>();
  private readonly lists = new Map<number, Promise<ClusterRow[] | undefined>>();
  private loading: Promise<void> | undefined;
  private loaded: Faces | undefined;

  constructor(readonly data: ReportData) {}

  /** Unpacks what is known of single faces; to be waited for before any of it is asked for. */
  load(): Promise<void> {
    this.loading ??= unpackFaces(this.data).then((faces) => void (this.loaded = faces));
    return this.loading;
  }

  private get faces(): Faces {
    if (this.loaded === undefined) throw new RangeError('faces are asked for before they are loaded');
    return this.loaded;
  }

  /** (instances) true identities. */
  get truth(): ArrayLike<number> | undefined {
    return this.faces.truth;
  }

  /** The row of the file that an instance came from. */
  row(instance: number): number {
    return this.faces.rows?.[instance] ?? instance;
  }

  name(instance: number): string {
    return this.faces.ids?.[instance] ?? `row ${this.row(instance)}`;
  }

  /** The address of its thumbnail, else of its image; '' where it has none. */
  image(instance: number): string {
    const thumbnail = this.faces.thumbnails.of(instance);
    return thumbnail !== undefined ? `data:image/webp;base64,${thumbnail}` : (this.faces.images?.[instance] ?? '');
  }

  /** By name, else by row of the file; -1 where there is none. */
  find(text: string): number {
    const wanted = text.trim();
    const { ids, rows } = this.faces;
    const named = ids?.indexOf(wanted) ?? -1;
    if (named !== -1) return named;
    const number = /^(?:row )?(\d+)$/.exec(wanted)?.[1];
    if (number === undefined) return -1;
    const row = Number(number);
    if (rows === undefined) return row < this.data.instances ? row : -1;
    return Array.prototype.indexOf.call(rows, row);
  }

  /** Instances whose name holds a text, the first few. */
  search(text: string, most: number): number[] {
    const found: number[] = [];
    const wanted = text.toLowerCase();
    for (let i = 0; i < this.data.instances && found.length < most; i++) {
      if (this.name(i).toLowerCase().includes(wanted)) found.push(i);
    }
    return found;
  }

  /** Clusters of two faces or more; undefined where the page had no room for them. */
  clusters(pipeline: number): Promise<ClusterRow[] | undefined> {
    return remembered(this.lists, pipeline, () => unpackClusters(this.data.pipelines[pipeline]));
  }

  /** Undefined where the page had no room for it. */
  partition(pipeline: number): Promise<Partition | undefined> {
    return remembered(this.partitions, pipeline, () => unpackPartition(this.data.pipelines[pipeline]));
  }
}

async function unpackFaces({ ids, images, rows, truth, thumbnails }: ReportData): Promise<Faces> {
  await arrived();
  return {
    ids: ids && (await unpackText(ids)),
    images: images && (await unpackText(images)),
    rows: rows && (await unpackIntegers(rows)),
    truth: truth && (await unpackIntegers(truth)),
    thumbnails: new Thumbnails(thumbnails && (await unpackIntegers(thumbnails))),
  };
}

function remembered<Value>(
  memory: Map<number, Promise<Value>>,
  key: number,
  make: () => Promise<Value>,
): Promise<Value> {
  const known = memory.get(key) ?? make();
  memory.set(key, known);
  return known;
}

async function unpackClusters({ clusters }: PipelineData): Promise<ClusterRow[] | undefined> {
  if (clusters === undefined) return undefined;
  const { ids, sizes, similarities, nearest, nearestSimilarities, identities, purities, missed } = clusters;
  const [clusterOf, sizeOf, nearestOf] = await Promise.all([ids, sizes, nearest].map(unpackIntegers));
  const [similarityOf, nearestSimilarityOf] = await Promise.all([similarities, nearestSimilarities].map(unpackReals));
  const identityOf = identities && (await unpackIntegers(identities));
  const purityOf = purities && (await unpackReals(purities));
  const missedOf = missed && (await unpackIntegers(missed));
  return Array.from(clusterOf, (cluster, i) => ({
    cluster,
    size: sizeOf[i],
    similarity: similarityOf[i],
    nearest: nearestOf[i],
    nearestSimilarity: nearestSimilarityOf[i],
    identity: identityOf?.[i],
    purity: purityOf?.[i],
    missed: missedOf?.[i],
  }));
}
