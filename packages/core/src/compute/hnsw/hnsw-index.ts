import { createRequire } from 'node:module';
import { problem } from '../../errors.js';

/** The part of hnswlib-node that is used. Own types, because the package is optional: without it, the build must do. */
interface HierarchicalNsw {
  initIndex(maxElements: number, m: number, efConstruction: number, randomSeed: number): void;
  addPoint(point: number[], label: number): void;
  searchKnn(query: number[], count: number): { readonly neighbors: number[] };
  setEf(ef: number): void;
}

interface HnswLib {
  readonly HierarchicalNSW: new (space: 'ip', dim: number) => HierarchicalNsw;
}

export interface HnswParameters {
  /** Links of an instance on each layer (M). */
  readonly connections: number;
  /** Candidates that are kept while the graph is built. */
  readonly efConstruction: number;
  /** Candidates that are kept while it is searched. */
  readonly ef: number;
  readonly seed: number;
}

const wayOut =
  'npm install hnswlib-node, which compiles it (a C++ compiler and Python are needed); the knnBuilder "ivf" needs no package';

/** A hierarchical navigable small world of hnswlib under the inner product. On this thread, and not interruptible within a call. */
export class HnswIndex {
  private readonly vector: number[];

  private constructor(
    private readonly index: HierarchicalNsw,
    dim: number,
  ) {
    this.vector = Array.from({ length: dim }, () => 0);
  }

  /**
   * @param n vectors that will be added
   * @param packageName for tests
   *
   * @throws L2cError E_ENGINE where hnswlib-node doesn't load
   */
  static open(n: number, dim: number, parameters: HnswParameters, packageName?: string): HnswIndex {
    const { HierarchicalNSW } = loadHnswLib(packageName);
    const index = new HierarchicalNSW('ip', dim);
    index.initIndex(n, parameters.connections, parameters.efConstruction, parameters.seed);
    index.setEf(parameters.ef);
    return new HnswIndex(index, dim);
  }

  add(row: Float32Array, id: number): void {
    this.index.addPoint(this.plain(row), id);
  }

  /** The ids of the `count` nearest, best first; fewer where the graph leads to no more. As many must have been added. */
  search(row: Float32Array, count: number): readonly number[] {
    return this.index.searchKnn(this.plain(row), count).neighbors;
  }

  /** Typed arrays are refused. */
  private plain(row: Float32Array): number[] {
    for (let c = 0; c < row.length; c++) this.vector[c] = row[c];
    return this.vector;
  }
}

/**
 * Loads the package and has it find one vector among two: it may be there but unbuilt.
 *
 * @throws L2cError E_ENGINE
 */
export function loadHnswLib(packageName = 'hnswlib-node'): HnswLib {
  try {
    const library = createRequire(import.meta.url)(packageName) as HnswLib;
    const probe = new library.HierarchicalNSW('ip', 2);
    probe.initIndex(2, 2, 2, 1);
    probe.addPoint([1, 0], 0);
    probe.addPoint([0, 1], 1);
    const [found] = probe.searchKnn([0.1, 0.9], 1).neighbors;
    if (found !== 1) throw new Error(`it finds vector ${found} where 1 is right`);
    return library;
  } catch (cause) {
    const [fact] = (cause instanceof Error ? cause.message : String(cause)).split('\n', 1);
    throw problem('E_ENGINE', 'hnsw', `hnswlib-node does not load: ${fact}`, wayOut, cause);
  }
}
