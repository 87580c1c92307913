// Commands as people run them: processes of their own, from start to end.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const l2c = fileURLToPath(new URL('../packages/core/bin/run.js', import.meta.url));

/** Runs Node with arguments to its end: `{ wall, cpu, stdout }`, seconds. The shell knows how much CPU time its children took (POSIX `times`). */
export function runNode(args) {
  const options = { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', maxBuffer: 2 ** 28 };
  const before = performance.now();
  const { status, stdout, stderr } = spawnSync('sh', ['-c', '"$0" "$@" && times', process.execPath, ...args], options);
  const wall = (performance.now() - before) / 1000;
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with status ${status}:\n${stderr}`);
  return { wall, cpu: childrenTime(stdout), stdout };
}

/** The last line of `times`: `0m0.20s 0m0.04s`, user and system; undefined where there is no such shell. */
function childrenTime(text) {
  const parts = [...(text.trimEnd().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  if (parts.length !== 2) return undefined;
  return parts.reduce((sum, [, minutes, rest]) => sum + 60 * Number(minutes) + Number(rest), 0);
}
