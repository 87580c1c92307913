import { createRequire } from 'node:module';

// The process in which FAISS runs. Its C++ exceptions pass through faiss-node and end whatever process they are in, its
// searches can't be interrupted, and its threads are numbered by the environment: so it gets a process of its own.

/** What the process is asked for, one after the other. Rows are float32, row-major. */
export type FaissRequest =
  | { readonly do: 'open'; readonly package: string; readonly dim: number; readonly factory: string }
  | { readonly do: 'train' | 'add'; readonly rows: Float32Array }
  | { readonly do: 'search'; readonly rows: Float32Array; readonly k: number };

export type FaissAnswer =
  | { readonly is: 'open'; readonly trained: boolean }
  | { readonly is: 'done' }
  /** (rows x k) int32, -1 = none. */
  | { readonly is: 'found'; readonly ids: Int32Array }
  /** The package doesn't load, or the index can't be made. */
  | { readonly is: 'failed'; readonly at: 'package' | 'factory' | 'work'; readonly message: string };

/** The part of faiss-node that is used. Own types, because the package is optional: without it, the build must do. */
interface FaissIndexObject {
  isTrained(): boolean;
  train(rows: number[]): void;
  add(rows: number[]): void;
  search(rows: number[], k: number): { labels: number[] };
}

interface FaissNode {
  readonly Index: { fromFactory(dim: number, factory: string, metric: number): FaissIndexObject };
}

const innerProduct = 0;
let index: FaissIndexObject | undefined;

process.on('message', (request: FaissRequest) => process.send!(answer(request)));
process.on('disconnect', () => process.exit());

function answer(request: FaissRequest): FaissAnswer {
  let at: 'package' | 'factory' | 'work' = 'package';
  try {
    if (request.do === 'open') {
      const { Index } = load(request.package);
      at = 'factory';
      index = Index.fromFactory(request.dim, request.factory, innerProduct);
      return { is: 'open', trained: index.isTrained() };
    }
    at = 'work';
    // typed arrays are refused
    const rows = Array.from(request.rows);
    if (request.do === 'search') return { is: 'found', ids: Int32Array.from(index!.search(rows, request.k).labels) };
    index![request.do](rows);
    return { is: 'done' };
  } catch (error) {
    return { is: 'failed', at, message: error instanceof Error ? error.message : String(error) };
  }
}

/** Loads the package and has it find one vector among two: it may be there but unbuilt. */
function load(name: string): FaissNode {
  const faiss = createRequire(import.meta.url)(name) as FaissNode;
  const probe = faiss.Index.fromFactory(2, 'Flat', innerProduct);
  probe.add([1, 0, 0, 1]);
  const [label] = probe.search([0.1, 0.9], 1).labels;
  if (label !== 1) throw new Error(`it finds vector ${label} where 1 is right`);
  return faiss;
}
