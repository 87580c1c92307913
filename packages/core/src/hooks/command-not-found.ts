import type { Hook } from '@oclif/core';
import { formatProblem } from '../errors.js';
import { didYouMean } from '../stages/did-you-mean.js';

/** Names the commands there are, or the one that was meant; exit status 2. */
const commandNotFound: Hook.CommandNotFound = async function ({ id, config }) {
  const known = config.commands.filter(({ hidden }) => !hidden).map((command) => command.id);
  const wayOut = didYouMean(id, known) ?? `known: ${known.join(', ')}`;
  process.stderr.write(
    `E_USAGE ${formatProblem({ code: 'E_USAGE', place: `l2c ${id}`, fact: 'no such command', wayOut })}\n`,
  );
  process.exit(2);
};

export default commandNotFound;
