import { existsSync } from 'node:fs';
import { count } from '../report/count.js';
import { isAddress, readFaceNames } from './face-names.js';
import type { DataPlan } from './plan.js';

/** Images that are looked for, spread over all: asking a disk for each of millions would take minutes. */
const mostLookedFor = 5000;

/** How many of the images that the data name are not there, and the first of them; undefined where none is missing. Addresses are not asked. */
export async function absentImages(data: DataPlan, rows: number): Promise<string | undefined> {
  if (data.images === undefined) return undefined;
  const { images = [] } = await readFaceNames(data, rows);
  const files = [...images.keys()].filter((row) => images[row] !== '' && !isAddress(images[row]));
  const looked = Math.min(files.length, mostLookedFor);
  let [absent, first] = [0, -1];
  for (let i = 0; i < looked; i++) {
    const row = files[Math.floor((i * files.length) / looked)];
    if (existsSync(images[row])) continue;
    if (absent++ === 0) first = row;
  }
  if (absent === 0) return undefined;
  const share = looked === files.length ? '' : ' that were looked for';
  return `${absent.toLocaleString('en')} of ${count(looked, 'image')}${share} ${absent === 1 ? 'is' : 'are'} not there; the first, of row ${first}: ${images[first]}`;
}
