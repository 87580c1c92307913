import { Flags } from '@oclif/core';

/** A flag that may be given several times, one value each: what follows the value is no value of it. */
export const listFlag = (description: string) =>
  Flags.string({ description, multiple: true, multipleNonGreedy: true, default: [] });

/** `--set PATH=VALUE` of a command that reads a pipeline; `what` is what it overrides. */
export const settingFlag = (what = 'file') => listFlag(`Override a value of the ${what}: PATH=VALUE.`);

export const quietFlag = () => Flags.boolean({ description: 'Nothing on stderr but warnings and errors.' });
