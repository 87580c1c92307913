import { problem } from '../errors.js';
import type { FaceNames } from './face-names.js';
import type { Inputs } from './inputs.js';

/** A face as users know it. */
export interface NamedFace {
  readonly instance: number;
  /** Of the file. */
  readonly row: number;
  readonly name: string;
}

/** What a row is called: its name, else its number. */
export const nameOf = ({ ids }: FaceNames, row: number): string => ids?.[row] ?? `row ${row}`;

/** Rows of one name that are named one by one. */
const mostNamed = 5;

/** A face by its name, else by its row in the file, `12` or `row 12`. Throws an L2cError E_USAGE where there is none, where several have that name, or where it was left out of the run. */
export function findFace(text: string, names: FaceNames, { kept, rows }: Inputs): NamedFace {
  const named = names.ids?.indexOf(text) ?? -1;
  if (named !== -1) refuseSeveral(text, names.ids!, named);
  const row = named !== -1 ? named : /^(row )?\d+$/.test(text) ? Number(text.replace('row ', '')) : -1;
  if (row < 0 || row >= rows) {
    const known =
      names.ids === undefined ? `rows are 0 to ${rows - 1}` : `give a name of data.ids, or a row from 0 to ${rows - 1}`;
    throw problem('E_USAGE', text, 'there is no such face', known);
  }
  const instance = kept === undefined ? row : kept.indexOf(row);
  if (instance !== -1) return { instance, row, name: nameOf(names, row) };
  throw problem(
    'E_USAGE',
    text,
    'this row was left out of the run, so it is in no cluster',
    'see data.onInvalid and data.half',
  );
}

function refuseSeveral(text: string, ids: readonly string[], first: number): void {
  const rows: number[] = [];
  for (let row = first; row !== -1; row = ids.indexOf(text, row + 1)) rows.push(row);
  if (rows.length === 1) return;
  const more = rows.length > mostNamed ? ' ...' : '';
  const fact = `is the name of ${rows.length} faces, those of rows ${rows.slice(0, mostNamed).join(', ')}${more}`;
  throw problem('E_USAGE', text, fact, `give the row of one: "row ${first}"`);
}
