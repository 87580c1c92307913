import type { EngineName } from '../compute.js';

/** What all threads of a crew know from the start; structured-cloned to workers, its buffers shared. */
export interface CrewJob {
  readonly engine: EngineName;
  /** int32, at {@link counter}; a job may have more of its own. */
  readonly counters: Int32Array;
}

/** The next task of the step, products done in all, 1 = stop, rows to search again. */
export const counter = { task: 0, products: 1, stop: 2, redo: 3 } as const;
export const counters = 4;

/** One thread's part in a job: does tasks of a step until none are left. */
export interface CrewMember<Step> {
  take(step: Step): Promise<void>;
}
