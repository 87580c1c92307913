import { Command } from '@oclif/core';
import { formatProblem, L2cError } from './errors.js';
import { causesOf, FailedRun } from './pipeline/failed-run.js';
import type { RunOptions } from './pipeline/session.js';
import type { Log } from './stages/services.js';

/** What all commands share: `--json`, errors one problem a line, exit status 1 for a failed run and 2 for refused input. */
export abstract class L2cCommand extends Command {
  static override enableJsonFlag = true;

  /** Warnings and notes go to stderr, results alone to stdout; with `quiet`, warnings alone. */
  private stderrLog(verbose = false, quiet = false): Log {
    const write = (message: string): void => void process.stderr.write(`${message}\n`);
    return {
      debug: (message) => verbose && write(message),
      info: (message) => quiet || write(message),
      warn: (message) => write(`warning: ${message}`),
    };
  }

  /** Who hears of a run: stderr. Without progress under `--json`, and with warnings alone under `quiet`. Ctrl-C ends the process. */
  protected async hearers(quiet: boolean): Promise<Pick<RunOptions, 'log' | 'observer' | 'signal'>> {
    const { silentProgress, stageProgress } = await import('./report/progress.js');
    const silent = quiet || this.jsonEnabled();
    return {
      log: this.stderrLog(!silent, quiet),
      observer: silent ? silentProgress : stageProgress(process.stderr),
      signal: new AbortController().signal,
    };
  }

  protected override async catch(error: Error & { exitCode?: number }): Promise<unknown> {
    if (!(error instanceof L2cError)) return super.catch(error);
    process.exitCode = error.exitCode;
    if (this.jsonEnabled()) {
      const rows = error instanceof FailedRun ? { pipelines: error.outcomes } : {};
      this.logJson({ ...rows, error: { code: error.code, problems: error.problems } });
      return undefined;
    }
    for (const problem of error.problems) process.stderr.write(`${problem.code} ${formatProblem(problem)}\n`);
    for (const { stack } of causesOf(error)) if (stack !== undefined) process.stderr.write(`\n${stack}\n`);
    return undefined;
  }

  protected override toErrorJson(error: unknown): unknown {
    const { message, code } = error as Error & { code?: string };
    return { error: { code: code ?? 'E_USAGE', problems: [{ code: code ?? 'E_USAGE', place: '', fact: message }] } };
  }
}
