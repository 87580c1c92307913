import type { Log } from '../../stages/services.js';
import { gigabytes } from '../room.js';

/** Seconds; what takes less is not worth a line. */
export const worthSaying = 60;

/** Seconds in which threads start up, and seconds of work after that which the rest is judged by. */
const [startUp, window] = [2, 6];

/** Says how long a search will take and how much memory, where that is more than a minute. */
export function announce(log: Log | undefined, seconds: number, bytes: number): void {
  if (seconds < worthSaying) return;
  log?.info(`this will take about ${duration(seconds)} and ${gigabytes(bytes)} of memory`);
}

/** `90 seconds`, `12 minutes`, `3.5 hours`. */
export function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} seconds`;
  const minutes = seconds / 60;
  return minutes < 120 ? `${Math.round(minutes)} minutes` : `${(minutes / 60).toFixed(1)} hours`;
}

/** Tells from the first seconds of even work how long all of it takes. */
export class Pace {
  private readonly start: number;
  private from: { readonly seconds: number; readonly done: number } | undefined;
  private told = false;

  /** @param now seconds by some clock */
  constructor(
    private readonly tell: (seconds: number) => void,
    private readonly now = (): number => performance.now() / 1000,
  ) {
    this.start = now();
  }

  /** `done` of `total` in any unit. Tells once, as soon as it can. */
  update(done: number, total: number): void {
    if (this.told) return;
    const seconds = this.now() - this.start;
    if (seconds < startUp) return;
    this.from ??= { seconds, done };
    if (seconds < this.from.seconds + window || done === this.from.done) return;
    this.told = true;
    this.tell(seconds + ((total - done) * (seconds - this.from.seconds)) / (done - this.from.done));
  }
}
