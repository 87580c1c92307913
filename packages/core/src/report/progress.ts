import type { StagePlan } from '../pipeline/plan.js';
import type { RunObserver, StageReport } from '../pipeline/run.js';
import type { Progress } from '../stages/services.js';
import { durationText } from './terminal/duration.js';
import { shortened } from './terminal/fit-lines.js';
import type { LiveLine } from './terminal/live-line.js';
import { PaceMeter, type Pace } from './terminal/pace.js';
import { paint } from './terminal/screen.js';

const barWidth = 20;
/** Between two drawings, in milliseconds. */
const drawnEvery = 100;

/**
 * One line per stage. A terminal sees how much of it is done, the rate, and the time left move on that line; a file or pipe gets the
 * finished line alone.
 */
export function stageProgress(line: LiveLine): RunObserver & { progress: Progress } {
  let label = '';
  let meter = new PaceMeter(0);
  let drawn = 0;
  return {
    stageStarted(pipeline, stage) {
      label = labelOf(pipeline, stage.definition.kind, stage.fullName);
      drawn = performance.now();
      meter = new PaceMeter(drawn / 1000);
      line.show(shortened(`${label} ...`, line.screen.width - 1));
    },
    stageEnded(pipeline, report) {
      line.clear();
      line.print(`${labelOf(pipeline, report.kind, report.stage)}  ${paint(outcome(report), 'soft', line.screen)}`);
    },
    progress: {
      update(done, total, unit) {
        if (!line.isLive || total <= 0) return;
        const now = performance.now();
        const pace = meter.update(done, total, now / 1000);
        if (now - drawn < drawnEvery) return;
        drawn = now;
        line.show(progressLine(label, pace, line.screen.width - 1, unit));
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

/** `label  [====    ] 41 %, 12,300 faces/s, 34 s left`; where that is too wide without the bar, then without the rate, then with a shorter label. */
export function progressLine(label: string, { part, perSecond, secondsLeft }: Pace, width: number, unit = ''): string {
  const bar = `[${'='.repeat(Math.round(part * barWidth)).padEnd(barWidth)}] `;
  const percent = `${Math.floor(100 * part)} %`;
  const rate = perSecond === undefined ? '' : `, ${rateText(perSecond, unit)}`;
  const left = secondsLeft === undefined ? '' : `, ${durationText(secondsLeft)} left`;
  const all = [`${bar}${percent}${rate}${left}`, `${percent}${rate}${left}`, `${percent}${left}`];
  const fitting = all.map((text) => `${label}  ${text}`).find(({ length }) => length <= width);
  if (fitting !== undefined) return fitting;
  const room = width - all[2].length - 2;
  return room > 3 ? `${shortened(label, room)}  ${all[2]}` : shortened(all[2], width);
}

const rateText = (perSecond: number, unit: string): string =>
  `${perSecond < 10 ? perSecond.toPrecision(2) : Math.round(perSecond).toLocaleString('en')}${unit === '' ? '' : ` ${unit}`}/s`;

function labelOf(pipeline: string, kind: StagePlan['definition']['kind'], stage: string): string {
  return `${pipeline}  ${kind} ${stage.replace(/^core\//, '')}`;
}

function outcome({ cached, seconds, counts }: StageReport): string {
  const numbers = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  return [cached ? 'cached' : `${seconds.toFixed(2)} s`, ...numbers].join(', ');
}
