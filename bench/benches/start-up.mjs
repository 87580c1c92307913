// How long `l2c --help` takes, beside Node itself starting and ending.
import { l2c, runNode } from '../command.mjs';
import { inTurns } from '../measure.mjs';
import { printTable, ratio, seconds } from '../table.mjs';

const jobs = [
  ['l2c --help', [l2c, '--help']],
  ['l2c run --help', [l2c, 'run', '--help']],
  ['l2c --version', [l2c, '--version']],
  ['node -e 0', ['-e', '0']],
];

export async function bench({ rounds }) {
  const sides = jobs.map(([, args]) => ({ run: () => runNode(args) }));
  const results = await inTurns(sides, {}, Math.max(10, rounds));
  const bare = results.at(-1);
  const rows = results.map(({ wall, cpu }, i) => [jobs[i][0], seconds(wall), seconds(cpu), ratio(wall, bare.wall)]);
  printTable('start-up', ['command', 'wall', 'CPU', 'times node'], rows);
}
