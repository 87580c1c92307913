import type { Services } from './services.js';

type Heard = Pick<Services, 'progress' | 'signal'>;

/** Rows of a loop between which it is looked up: often enough for a person, too seldom to cost anything. */
const rowsAtOnce = 4096;

/** What a long loop does between its steps: it stops if it is to, and says how far it has come, counting in a unit. */
export function betweenSteps({ progress, signal }: Heard, unit: string): (done: number, total: number) => void {
  return (done, total) => {
    signal.throwIfAborted();
    progress.update(done, total, unit);
  };
}

/** The same for a loop over n short rows: call it at each of them. */
export function betweenRows(services: Heard, n: number): (row: number) => void {
  const step = betweenSteps(services, 'faces');
  return (row) => {
    if (row % rowsAtOnce === 0) step(row, n);
  };
}
