import { basename, join, resolve } from 'node:path';
import { clustersCsv } from '../cluster/clusters-csv.js';
import { columnsOf } from '../cluster/face-columns.js';
import { problem } from '../errors.js';
import { writeAtomic } from '../formats/atomic.js';
import { makeDirectory } from '../pipeline/artifacts.js';
import { recordedRun, warnOf } from '../pipeline/recorded-run.js';
import type { Log } from '../stages/services.js';
import { exportedFaces, type ExportedFaces } from './exported-faces.js';
import { writeFolders } from './faces-folders.js';
import { facesJson } from './faces-json.js';
import { facesParquet } from './faces-parquet.js';

const names = {
  csv: 'clusters.csv',
  json: 'clusters.json',
  parquet: 'clusters.parquet',
  folders: 'clusters',
} as const;

export type ExportForm = keyof typeof names;

const write: Readonly<Record<ExportForm, (path: string, faces: ExportedFaces) => Promise<void>>> = {
  csv: (path, { names, ...faces }) => writeAtomic(path, clustersCsv({ ...faces, columns: columnsOf(names) })),
  json: (path, faces) => writeAtomic(path, facesJson(faces)),
  parquet: (path, faces) => writeAtomic(path, facesParquet(faces)),
  folders: writeFolders,
};

/**
 * Writes the clusters of a run for other programs, by the names the user gave: `clusters.csv` and its like in the folder of each
 * pipeline, or in `output`. Pipelines that failed in the run are warnings beside others. Throws L2cErrors E_FILE,
 * E_DATA, E_OUTPUT, and E_USAGE where several pipelines would go to one `output`.
 */
export async function exportRun(
  folder: string,
  form: ExportForm,
  output: string | undefined,
  log: Log,
): Promise<{ pipeline: string; path: string }[]> {
  const run = recordedRun(folder);
  if (output !== undefined && run.folders.length > 1) {
    const list = run.folders.map((path) => basename(path)).join(', ');
    throw problem(
      'E_USAGE',
      '--output',
      `is one folder, and there are several pipelines: ${list}`,
      'give the folder of one of them',
    );
  }
  const written: { pipeline: string; path: string }[] = [];
  for (const pipeline of run.folders) {
    const target = resolve(output ?? pipeline);
    const path = join(target, names[form]);
    const faces = await exportedFaces(pipeline);
    await makeDirectory(target);
    await write[form](path, faces);
    written.push({ pipeline: basename(pipeline), path });
  }
  warnOf(run.failed, log);
  return written;
}
