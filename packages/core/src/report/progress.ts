import type { RunObserver, StageReport } from '../pipeline/run.js';
import type { StagePlan } from '../pipeline/plan.js';
import type { Progress } from '../stages/services.js';

const barWidth = 24;

/**
 * One line per stage on stderr. A terminal sees a bar with the time left move on that line; a file or pipe gets the
 * finished line alone.
 */
export function stageProgress(stream: NodeJS.WriteStream): RunObserver & { progress: Progress } {
  const live = stream.isTTY === true;
  let label = '';
  let started = 0;
  let drawn = 0;
  const rewrite = (text: string): void => {
    stream.write(`\r\u001b[2K${text.slice(0, Math.max(20, (stream.columns ?? 80) - 1))}`);
  };
  return {
    stageStarted(pipeline, stage) {
      label = labelOf(pipeline, stage.definition.kind, stage.fullName);
      started = drawn = performance.now();
      if (live) rewrite(`${label} ...`);
    },
    stageEnded(pipeline, report) {
      const line = `${labelOf(pipeline, report.kind, report.stage)}  ${outcome(report)}`;
      if (live) rewrite(`${line}\n`);
      else stream.write(`${line}\n`);
    },
    progress: {
      update(done, total) {
        const now = performance.now();
        if (!live || total <= 0 || now - drawn < 100) return;
        drawn = now;
        const part = Math.min(1, done / total);
        const left = part > 0 ? ((now - started) / 1000) * (1 / part - 1) : undefined;
        const bar = '='.repeat(Math.round(part * barWidth)).padEnd(barWidth, ' ');
        rewrite(
          `${label}  [${bar}] ${Math.round(100 * part)} %${left === undefined ? '' : `, ${left.toFixed(0)} s left`}`,
        );
      },
    },
  };
}

/** Hears everything, says nothing. */
export const silentProgress: RunObserver & { progress: Progress } = {
  stageStarted: () => undefined,
  stageEnded: () => undefined,
  progress: { update: () => undefined },
};

function labelOf(pipeline: string, kind: StagePlan['definition']['kind'], stage: string): string {
  return `${pipeline}  ${kind} ${stage.replace(/^core\//, '')}`;
}

function outcome({ cached, seconds, counts }: StageReport): string {
  const numbers = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  return [cached ? 'cached' : `${seconds.toFixed(2)} s`, ...numbers].join(', ');
}
