import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { problem } from '../../errors.js';
import type { Log } from '../../stages/services.js';
import type { FaissAnswer, FaissRequest } from './faiss-process.js';

export interface FaissServices {
  readonly threads: number;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** A factory string that FAISS can't make an index of. */
export class FactoryError extends Error {}

const wayOut =
  'npm install faiss-node, or see docs/stages/faiss.md for how to build it; the knnBuilder "exact" needs no package';

/** Lines of what FAISS wrote last that are kept for the case that it ends. */
const keptLines = 20;

/** An index of FAISS under the inner product, in a process of its own. Ask for one thing at a time, and close it. */
export class FaissIndex {
  /** Whether vectors can be added without training. */
  readonly trained: boolean;

  private constructor(
    private readonly link: Link,
    trained: boolean,
  ) {
    this.trained = trained;
  }

  /**
   * @param factory FAISS's own description of an index: `Flat`, `HNSW32`, `IVF256,Flat`
   * @param packageName for tests
   *
   * @throws L2cError E_ENGINE where faiss-node doesn't load; {@link FactoryError}
   */
  static async open(
    dim: number,
    factory: string,
    services: FaissServices,
    packageName = 'faiss-node',
  ): Promise<FaissIndex> {
    const link = new Link(services);
    try {
      const answer = await link.ask({ do: 'open', package: packageName, dim, factory });
      if (answer.is === 'open') return new FaissIndex(link, answer.trained);
      throw new Error(`unexpected answer ${answer.is}`);
    } catch (error) {
      await link.close();
      throw error;
    }
  }

  /** @param rows row-major, whole rows */
  async train(rows: Float32Array): Promise<void> {
    await this.link.ask({ do: 'train', rows });
  }

  async add(rows: Float32Array): Promise<void> {
    await this.link.ask({ do: 'add', rows });
  }

  /** The ids of the k nearest of each row, by the order in which rows were added; -1 where there are fewer. */
  async search(rows: Float32Array, k: number): Promise<Int32Array> {
    const answer = await this.link.ask({ do: 'search', rows, k });
    if (answer.is !== 'found') throw new Error(`unexpected answer ${answer.is}`);
    return answer.ids;
  }

  close(): Promise<void> {
    return this.link.close();
  }
}

/** The process, and what is said with it. */
class Link {
  private readonly child: ChildProcess;
  private readonly end: Promise<never>;
  private readonly lines: string[] = [];

  constructor({ threads, log, signal }: FaissServices) {
    signal.throwIfAborted();
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.child = fork(fileURLToPath(new URL(`./faiss-process.${extension}`, import.meta.url)), {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
      signal,
      killSignal: 'SIGKILL',
      env: { ...process.env, OMP_NUM_THREADS: String(threads), OPENBLAS_NUM_THREADS: String(threads) },
    });
    createInterface(this.child.stderr!).on('line', (line) => {
      if (line.startsWith('WARNING')) log.warn(`faiss: ${line.slice(7).trim()}`);
      if (this.lines.push(line) > keptLines) this.lines.shift();
    });
    this.end = new Promise((_, reject) => {
      this.child.on('error', (error) => reject(signal.aborted ? (signal.reason as Error) : error));
      // "close" comes after the last line that it wrote
      this.child.on('close', (code, killer) =>
        reject(this.failure('work', this.lastWords() ?? `its process ended with ${killer ?? code}`)),
      );
    });
    this.end.catch(() => undefined);
  }

  /** @throws what went wrong there, or with the process */
  async ask(request: FaissRequest): Promise<Exclude<FaissAnswer, { is: 'failed' }>> {
    const answered = once(this.child, 'message') as Promise<[FaissAnswer]>;
    answered.catch(() => undefined); // "error" ends it, too; who waits hears of that from `end`
    this.child.send(request, (error) => void error); // a process that is gone has ended the race
    const [answer] = await Promise.race([answered, this.end]);
    if (answer.is === 'failed') throw this.failure(answer.at, answer.message);
    return answer;
  }

  async close(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null || this.child.pid === undefined) return;
    const closed = once(this.child, 'close');
    this.child.kill('SIGKILL'); // it has nothing to save
    await closed.catch(() => undefined);
  }

  private failure(at: 'package' | 'factory' | 'work', message: string): Error {
    const fact = essence(message);
    if (at === 'package') return problem('E_ENGINE', 'faiss', `faiss-node does not load: ${fact}`, wayOut);
    if (at === 'factory') return new FactoryError(fact);
    return problem('E_STAGE', 'faiss.factory', `FAISS failed: ${fact}`, 'another factory may do, "Flat" always does');
  }

  /** Why it ended, by its own account of a C++ exception. */
  private lastWords(): string | undefined {
    return this.lines.findLast((line) => line.includes('what():'));
  }
}

/** What an exception of FAISS says, without the C++ around it. */
function essence(message: string): string {
  const [line] = message
    .replace(/^.*?\.(?:cpp|h):\d+: /s, '')
    .trim()
    .split('\n', 1);
  return /^Error: '.*?' failed: *(.+)$/.exec(line)?.[1].trim() ?? line;
}
