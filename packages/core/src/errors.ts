import { spellControls } from './spell-controls.js';

/**
 * Every way a user can meet a refusal, by code. `docs/errors.md` explains each under a heading of the same name,
 * and a test holds the two lists equal.
 */
export const errorCodes = [
  'E_USAGE', // a command was called with arguments that do not fit
  'E_YAML', // the pipeline file is not YAML
  'E_CONFIG', // the pipeline file is YAML, but not a pipeline: unknown keys, options, kinds that don't meet
  'E_PLUGIN', // a plugin is absent, throws while loading, or collides with another
  'E_FILE', // a file is absent, unreadable, truncated or not of its format
  'E_DATA', // the numbers in a file make no sense: NaN, zero rows, lengths that differ
  'E_WEIGHTS', // weights do not fit the model or the features
  'E_ENGINE', // a forced compute engine does not load
  'E_STAGE', // a stage failed, or returned what breaks an invariant
  'E_OUTPUT', // results can't be written
  'E_MEMORY', // the job would not fit the memory of this machine
  'E_ABORTED', // the signal of the program that called was aborted
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** Codes of refused input: exit status 2 where nothing has run yet. All others are failures of a run: 1. */
const refusals: ReadonlySet<ErrorCode> = new Set([
  'E_USAGE',
  'E_YAML',
  'E_CONFIG',
  'E_PLUGIN',
  'E_FILE',
  'E_DATA',
  'E_WEIGHTS',
]);

/** One fact about one place, with a way out: `place: fact; way out`. */
export interface Problem {
  readonly code: ErrorCode;
  /** Where: `pipeline.yaml:5:8 deoverlapper.maxIou`, `features.bin row 12`, a command's flag. */
  readonly place: string;
  readonly fact: string;
  /** What the user can do about it. */
  readonly wayOut?: string | undefined;
}

/** `place: fact; way out` on one line, for people. */
export function formatProblem(problem: Problem): string {
  const { place, fact, wayOut } = problem;
  return spellControls(`${place}${place === '' ? '' : ': '}${fact}${wayOut === undefined ? '' : `; ${wayOut}`}`);
}

/** The same in every copy of this package that a process has loaded. */
const brand = Symbol.for('@l2c/core L2cError');

/**
 * An error the user can act on. Holds every problem found, not only the first. Bugs are plain RangeErrors instead. Errors of another
 * copy of this package, as a plugin with dependencies of its own brings, are `instanceof` it too.
 */
export class L2cError extends Error {
  readonly code: ErrorCode;
  readonly problems: readonly Problem[];
  /** Whether stages ran before it was met. */
  private readonly ran: boolean;

  constructor(problems: Problem | readonly Problem[], options: { cause?: unknown; ran?: boolean } = {}) {
    const list: readonly Problem[] = Array.isArray(problems) ? (problems as readonly Problem[]) : [problems as Problem];
    super(list.map(formatProblem).join('\n'), options.cause === undefined ? {} : { cause: options.cause });
    this.ran = options.ran ?? false;
    this.name = 'L2cError';
    this.code = list[0]?.code ?? 'E_STAGE';
    this.problems = list;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // kinds of it are told apart as everywhere
    if (this !== L2cError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && brand in value;
  }

  get [brand](): true {
    return true;
  }

  /** 2 where the input was refused before anything ran, 1 where a run failed. */
  get exitCode(): 1 | 2 {
    return !this.ran && this.problems.every((problem) => refusals.has(problem.code)) ? 2 : 1;
  }
}

/** Shorthand for an error with a single problem. */
export function problem(code: ErrorCode, place: string, fact: string, wayOut?: string, cause?: unknown): L2cError {
  return new L2cError({ code, place, fact, wayOut }, { cause });
}
