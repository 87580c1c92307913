import type { Compute } from '../compute/compute.js';

/** A line of log at a level, to stderr; never results. */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
}

/** Reports how far a long loop has come. Cheap: call it every few thousand items, from the main thread. */
export interface Progress {
  /** `done` of `total`; `unit` is what is counted, many of it, such as `pairs`. */
  update(done: number, total: number, unit?: string): void;
}

/** A seeded source of random numbers; two with one seed give the same sequence on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, bound). */
  integer(bound: number): number;
  /** Standard normal. */
  normal(): number;
  /** Shuffles in place (Fisher-Yates). */
  shuffle<T extends { [index: number]: number; length: number }>(list: T): T;
}

/** Where a stage may leave checkpoints of work it would not like to lose. Keys are file names. */
export interface Checkpoints {
  read(name: string): Promise<Uint8Array | undefined>;
  /** Written to a temporary name and renamed: never half a file. */
  write(name: string, bytes: Uint8Array): Promise<void>;
}

/** What a stage gets from the container besides its own options. */
export interface Services {
  readonly log: Log;
  readonly progress: Progress;
  /** A generator of its own per call, from the stage's `seed` option, so that stages don't disturb each other. */
  random(seed: number): Random;
  readonly compute: Compute;
  readonly checkpoints: Checkpoints;
  /**
   * Keeps a fact about this run of the stage, such as the threshold it chose or the recall it measured: it is written to
   * `metrics.json` beside the stage's seconds, also where the result comes from the cache. JSON values only.
   */
  record(name: string, fact: unknown): void;
  /** Aborted where the program that runs the pipeline says so: long loops look at `signal.aborted` or call `signal.throwIfAborted()`. */
  readonly signal: AbortSignal;
}
