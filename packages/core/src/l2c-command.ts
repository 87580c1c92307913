import { Command } from '@oclif/core';
import { formatProblem, L2cError } from './errors.js';
import { causesOf, FailedRun } from './pipeline/failed-run.js';
import type { RunOptions } from './pipeline/session.js';
import { fitLines } from './report/terminal/fit-lines.js';
import { LiveLine } from './report/terminal/live-line.js';
import { paint, screenOf, type Screen } from './report/terminal/screen.js';
import { spellControls } from './spell-controls.js';

/** What all commands share: `--json`, errors one problem a line, exit status 1 for a failed run and 2 for refused input. */
export abstract class L2cCommand extends Command {
  static override enableJsonFlag = true;

  /** Everything else. */
  private readonly line = new LiveLine(process.stderr);

  /** Where results go, as it is now. */
  protected get screen(): Screen {
    return screenOf(process.stdout);
  }

  /** Writes what is meant for people to stdout: no line wider than the terminal. */
  protected say(text: string): void {
    this.log(fitLines(text, this.screen.width));
  }

  /** Who hears of a run: stderr. Without progress under `--json`, and with warnings alone under `quiet`. Ctrl-C ends the process. */
  protected async hearers(quiet: boolean): Promise<Pick<RunOptions, 'log' | 'observer' | 'signal'>> {
    const { silentProgress, stageProgress } = await import('./report/progress.js');
    const { line } = this;
    const silent = quiet || this.jsonEnabled();
    return {
      log: {
        debug: (message) => silent || line.print(spellControls(message)),
        info: (message) => quiet || line.print(spellControls(message)),
        warn: (message) => line.warn(spellControls(message)),
      },
      observer: silent ? silentProgress : stageProgress(line),
      signal: new AbortController().signal,
    };
  }

  protected override async catch(error: Error & { exitCode?: number }): Promise<unknown> {
    this.line.clear();
    if (!(error instanceof L2cError)) return super.catch(error);
    process.exitCode = error.exitCode;
    if (this.jsonEnabled()) {
      const rows = error instanceof FailedRun ? { pipelines: error.outcomes } : {};
      this.logJson({ ...rows, error: { code: error.code, problems: error.problems } });
      return undefined;
    }
    const { line } = this;
    for (const problem of error.problems)
      line.print(`${paint(problem.code, 'failed', line.screen)} ${formatProblem(problem)}`);
    for (const { stack } of causesOf(error)) if (stack !== undefined) line.print(`\n${spellControls(stack)}`);
    return undefined;
  }

  protected override toErrorJson(error: unknown): unknown {
    const { message, code } = error as Error & { code?: string };
    return { error: { code: code ?? 'E_USAGE', problems: [{ code: code ?? 'E_USAGE', place: '', fact: message }] } };
  }
}
