import type { Checkpoints } from '@l2c/core';

const file = 'l-gcn.scores';
/** Hexadecimal digits of a job. */
const jobLength = 40;
/** A checkpoint is written not more often than this. */
const seconds = 30;

/** How far scoring has come: what a run that was stopped goes on from. */
export interface ScoredSoFar {
  /** Instances done, from the first. */
  readonly done: number;
  /** (links scored) float32, those of instances not done yet 0. */
  readonly scores: Float32Array;
}

/** Keeps the scores of one job. `job` names data, weights and options: those of another are not gone on with. */
export class ScoreCheckpoint {
  private saved = performance.now();
  private isWritten = false;

  constructor(
    private readonly checkpoints: Checkpoints,
    private readonly job: string,
  ) {
    if (job.length !== jobLength) throw new RangeError(`a job of ${job.length} digits`);
  }

  /** What a stopped run of this job has left behind, for so many links. */
  async read(links: number): Promise<ScoredSoFar | undefined> {
    const bytes = await this.checkpoints.read(file);
    if (bytes?.length !== jobLength + 4 + 4 * links) return undefined;
    if (Buffer.from(bytes.buffer, bytes.byteOffset, jobLength).toString('latin1') !== this.job) return undefined;
    const rest = bytes.slice(jobLength);
    this.isWritten = true;
    return { done: new Int32Array(rest.buffer, 0, 1)[0], scores: new Float32Array(rest.buffer, 4) };
  }

  /** Writes it where the last time is long enough ago, or at once. */
  async save({ done, scores }: ScoredSoFar, atOnce = false): Promise<void> {
    if (!atOnce && performance.now() - this.saved < 1000 * seconds) return;
    const bytes = new Uint8Array(jobLength + 4 + scores.byteLength);
    bytes.set(Buffer.from(this.job, 'latin1'));
    bytes.set(new Uint8Array(Int32Array.of(done).buffer), jobLength);
    bytes.set(new Uint8Array(scores.buffer, scores.byteOffset, scores.byteLength), jobLength + 4);
    await this.checkpoints.write(file, bytes);
    this.isWritten = true;
    this.saved = performance.now();
  }

  /** Empties it once all is done. */
  async clear(): Promise<void> {
    if (this.isWritten) await this.checkpoints.write(file, new Uint8Array(0));
  }
}
