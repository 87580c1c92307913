/** How far work has come, how fast it goes, and how long it will take. */
export interface Pace {
  /** Share that is done, 0 .. 1. */
  readonly part: number;
  /** In the unit of the work; undefined where that is a share, or nothing is known yet. */
  readonly perSecond: number | undefined;
  readonly secondsLeft: number | undefined;
}

/** Measures work that says how much of it is done. Work that begins anew, or of another extent, is measured anew. Times in seconds. */
export class PaceMeter {
  private from = 0;
  private last = 0;
  private total = 0;

  constructor(private started: number) {}

  update(done: number, total: number, now: number): Pace {
    if (this.total !== 0 && (done < this.last || total !== this.total)) {
      this.started = now;
      this.from = done;
    }
    this.last = done;
    this.total = total;
    const speed = (done - this.from) / (now - this.started);
    const known = Number.isFinite(speed) && speed > 0;
    return {
      part: Math.min(1, done / total),
      perSecond: known && total > 1 ? speed : undefined,
      secondsLeft: known ? Math.max(0, total - done) / speed : undefined,
    };
  }
}
