import { Pace as Forecast, duration, worthSaying } from '../compute/neighbours/forecast.js';
import type { StagePlan } from '../pipeline/plan.js';
import type { RunObserver, StageReport } from '../pipeline/run.js';
import type { Progress } from '../stages/services.js';
import { spellControls } from '../spell-controls.js';
import { durationText } from './terminal/duration.js';
import { shortened } from './terminal/fit-lines.js';
import type { LiveLine } from './terminal/live-line.js';
import { PaceMeter, type Pace } from './terminal/pace.js';
import { paint } from './terminal/screen.js';

const barWidth = 20;
/** Between two drawings, in seconds. */
const drawnEvery = 0.1;

/**
 * One line per stage. A terminal sees how much of it is done, the rate, and the time left move on that line; a file or pipe gets the
 * finished line, and before it one that says how long the stage will take, if that is more than a minute: builders of kNN graphs say
 * so themselves, and how much memory.
 *
 * @param now seconds by some clock
 */
export function stageProgress(
  line: LiveLine,
  now = (): number => performance.now() / 1000,
): RunObserver & { progress: Progress } {
  let label = '';
  let meter = new PaceMeter(0);
  let forecast: Forecast | undefined;
  let drawn = 0;
  return {
    stageStarted(pipeline, stage) {
      const { kind } = stage.definition;
      label = labelOf(pipeline, kind, stage.fullName);
      drawn = now();
      meter = new PaceMeter(drawn);
      const isTold = line.isLive || kind === 'knnBuilder';
      forecast = isTold ? undefined : new Forecast((seconds) => foretell(line, label, seconds), now);
      line.show(shortened(`${label} ...`, line.screen.width - 1));
    },
    stageEnded(pipeline, report) {
      line.clear();
      line.print(`${labelOf(pipeline, report.kind, report.stage)}  ${paint(outcome(report), 'soft', line.screen)}`);
    },
    progress: {
      update(done, total, unit) {
        if (total <= 0) return;
        forecast?.update(done, total);
        if (!line.isLive) return;
        const time = now();
        const pace = meter.update(done, total, time);
        if (time - drawn < drawnEvery) return;
        drawn = time;
        line.show(progressLine(label, pace, line.screen.width - 1, unit));
      },
    },
  };
}

function foretell(line: LiveLine, label: string, seconds: number): void {
  if (seconds >= worthSaying)
    line.print(`${label}  ${paint(`will take about ${duration(seconds)}`, 'soft', line.screen)}`);
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
  return spellControls(`${pipeline}  ${kind} ${stage.replace(/^core\//, '')}`);
}

function outcome({ cached, seconds, counts }: StageReport): string {
  const numbers = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  return [cached ? 'cached' : `${seconds.toFixed(2)} s`, ...numbers].join(', ');
}
