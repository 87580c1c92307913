// How long `l2c --help` takes, beside Node itself starting and ending.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { inTurns } from '../measure.mjs';
import { printTable, ratio, seconds } from '../table.mjs';

const l2c = fileURLToPath(new URL('../../packages/core/bin/run.js', import.meta.url));
const jobs = [
  ['l2c --help', [l2c, '--help']],
  ['l2c run --help', [l2c, 'run', '--help']],
  ['l2c --version', [l2c, '--version']],
  ['node -e 0', ['-e', '0']],
];

export async function bench({ rounds }) {
  const sides = jobs.map(([, args]) => ({ run: () => start(args) }));
  const results = await inTurns(sides, {}, Math.max(10, rounds));
  const bare = results.at(-1);
  const rows = results.map(({ wall, cpu }, i) => [jobs[i][0], seconds(wall), seconds(cpu), ratio(wall, bare.wall)]);
  printTable('start-up', ['command', 'wall', 'CPU', 'times node'], rows);
}

/** Starts a Node and waits for its end. The shell knows how much CPU time its children took (POSIX `times`). */
function start(args) {
  const options = { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' };
  const before = performance.now();
  const { status } = spawnSync(process.execPath, args, options);
  const wall = (performance.now() - before) / 1000;
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with status ${status}`);
  const { stdout } = spawnSync('sh', ['-c', '"$0" "$@" >/dev/null; times', process.execPath, ...args], options);
  return { wall, cpu: childrenTime(stdout ?? '') };
}

/** The second line of `times`: `0m0.20s 0m0.04s`, user and system; undefined where there is no such shell. */
function childrenTime(text) {
  const parts = [...(text.split('\n')[1] ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  if (parts.length !== 2) return undefined;
  return parts.reduce((sum, [, minutes, rest]) => sum + 60 * Number(minutes) + Number(rest), 0);
}
