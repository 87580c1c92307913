import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '../stages/random.js';
import { engineNames, type Compute, type Device, type EngineName } from './compute.js';
import { firstLine, installHints, tryEngine } from './create-compute.js';
import { kernelKind } from './kernels/memory.js';

/** What became of loading one engine on one device. */
export interface EngineFinding {
  readonly engine: EngineName;
  readonly device: Device;
  readonly works: boolean;
  /** `ONNX Runtime 1.30.0 on cpu`, or why it doesn't load. */
  readonly description: string;
  readonly threads: number;
  /** Float32 multiplications and additions in 1e9 a second, measured on a product of {@link size}; 0 where it doesn't load. */
  readonly gflops: number;
  /** What to install where it doesn't load. */
  readonly wayOut: string | undefined;
}

/** An optional package that makes something possible or faster. */
export interface PackageFinding {
  readonly name: string;
  /** Undefined where it is not installed. */
  readonly version: string | undefined;
  /** Whether it loads; a native package may be there but unbuilt. */
  readonly loads: boolean;
  readonly purpose: string;
}

export interface Diagnosis {
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly freeBytes: number;
  /** `wasm`, or `plain` where WebAssembly SIMD is missing. */
  readonly kernels: string;
  readonly engines: readonly EngineFinding[];
  /** The engine that `compute: auto` takes. */
  readonly active: EngineName;
  readonly packages: readonly PackageFinding[];
}

const optionalPackages: Readonly<Record<string, string>> = {
  'onnxruntime-node': 'the fastest engine for neighbours and inference; a GPU with CUDA or WebGPU',
  '@tensorflow/tfjs-node': 'faster training on the cpu',
  '@tensorflow/tfjs-node-gpu': 'training on a GPU with CUDA',
  'faiss-node': 'the knnBuilder "faiss"',
  'hnswlib-node': 'the knnBuilder "hnsw"',
};

/** What an engine needs for a GPU. */
const gpuHints = {
  onnxruntime:
    'needs CUDA 12 and npm install onnxruntime-node with its installer on, or a driver for Vulkan, Metal or DirectX 12',
  tfjs: 'needs CUDA 11 and npm install @tensorflow/tfjs-node-gpu',
  plain: installHints.plain,
} as const;

/** Multiplications that the product of a measurement takes: 1024 rows by 1024 rows of 256, a usual block of the kNN search. */
const size = { rows: 1024, dim: 256 };
const secondsPerEngine = 0.25;

/** Loads every engine, measures each, and looks for the packages that would give more. About a second. */
export async function diagnose(): Promise<Diagnosis> {
  const engines: EngineFinding[] = [];
  for (const engine of engineNames) engines.push(await examine(engine, 'cpu'));
  for (const engine of ['onnxruntime', 'tfjs'] as const) engines.push(await examine(engine, 'gpu'));
  const working = engines.filter(({ works, device }) => works && device === 'cpu');
  const [processor] = cpus();
  return {
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cpu: processor?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    freeBytes: freemem(),
    kernels: kernelKind,
    engines,
    active: working[0]?.engine ?? 'plain',
    packages: await Promise.all(Object.entries(optionalPackages).map(([name, purpose]) => findPackage(name, purpose))),
  };
}

async function examine(engine: EngineName, device: Device): Promise<EngineFinding> {
  try {
    const compute = await tryEngine(engine, { device, threads: availableParallelism() });
    try {
      const { description, threads } = compute;
      return { engine, device, works: true, description, threads, gflops: await measure(compute), wayOut: undefined };
    } finally {
      await compute.dispose();
    }
  } catch (error) {
    const wayOut = (device === 'gpu' ? gpuHints : installHints)[engine];
    return { engine, device, works: false, description: firstLine(error), threads: 0, gflops: 0, wayOut };
  }
}

/** The best of the products that fit the time: other processes only make them slower. */
async function measure(compute: Compute): Promise<number> {
  const { rows, dim } = size;
  const random = createRandom(1);
  const values = Float32Array.from({ length: rows * dim }, () => random.normal());
  const out = new Float32Array(rows * rows);
  const deadline = performance.now() + 1000 * secondsPerEngine;
  let best = Infinity;
  do {
    const start = performance.now();
    await compute.gemmTransposed(values, rows, values, rows, dim, out);
    best = Math.min(best, performance.now() - start);
  } while (performance.now() < deadline);
  return (2 * rows * rows * dim) / (best * 1e6);
}

async function findPackage(name: string, purpose: string): Promise<PackageFinding> {
  const version = installedVersion(name);
  if (version === undefined) return { name, version, loads: false, purpose };
  try {
    await import(name);
    return { name, version, loads: true, purpose };
  } catch {
    return { name, version, loads: false, purpose };
  }
}

function installedVersion(name: string): string | undefined {
  for (const folder of createRequire(import.meta.url).resolve.paths(name) ?? []) {
    try {
      return (JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')) as { version: string }).version;
    } catch {
      continue;
    }
  }
  return undefined;
}

/** The diagnosis as lines for people. */
export function describeDiagnosis(found: Diagnosis): string {
  const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  const lines = [
    `Node ${found.node} on ${found.platform}, ${found.cores} core${found.cores === 1 ? '' : 's'} (${found.cpu})`,
    `Memory: ${gib(found.memoryBytes)}, ${gib(found.freeBytes)} free`,
    `Kernels: ${found.kernels}${found.kernels === 'plain' ? '; WebAssembly SIMD is missing here, a newer Node has it' : ''}`,
    '',
    'Engines, the first that works is taken:',
  ];
  for (const { engine, device, works, description, threads, gflops, wayOut } of found.engines) {
    const mark = engine === found.active && device === 'cpu' ? '*' : ' ';
    const head = `${mark} ${engine.padEnd(11)} ${device}`;
    const count = `${threads} thread${threads === 1 ? '' : 's'}`;
    if (works) lines.push(`${head}  ${description}, ${count}, ${gflops.toFixed(gflops < 10 ? 1 : 0)} GFLOPS`);
    else lines.push(`${head}  does not load: ${shorten(description)}`, `${' '.repeat(19)}${wayOut ?? ''}`);
  }
  lines.push('', 'Optional packages:');
  for (const { name, version, loads, purpose } of found.packages) {
    const state = version === undefined ? 'not installed' : loads ? version : `${version}, does not load: not built?`;
    lines.push(`  ${name.padEnd(26)} ${state.padEnd(14)} ${purpose}`);
  }
  return lines.join('\n');
}

/** Native libraries tell of their own sources at length; `--json` has all of it. Cut where a word ends. */
function shorten(text: string): string {
  if (text.length <= 100) return text;
  const end = text.lastIndexOf(' ', 97);
  return `${text.slice(0, end === -1 ? 97 : end).replace(/[\s:;,(]+$/, '')} ...`;
}
