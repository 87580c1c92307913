import { columnsOf } from '../cluster/face-columns.js';
import { parquetPieces, type ParquetColumnValues } from '../formats/parquet.js';
import type { ExportedFaces } from './exported-faces.js';

/** A row for each row of the file: `row`, what the user knows of it, `cluster` (-1 where it was left out), `size` and `fit` (0 and NaN there; NaN for a face alone, too). */
export function facesParquet({ labels, rows, cohesion, names }: ExportedFaces): Generator<Uint8Array> {
  const fits = new Float32Array(labels.length).fill(NaN);
  rows.forEach((row, i) => {
    if (cohesion.sizes[labels[row]] > 1) fits[row] = cohesion.fits[i];
  });
  const known = [...columnsOf(names)].map(([name, values]): ParquetColumnValues => ({ name, values }));
  return parquetPieces([
    { name: 'row', values: Int32Array.from(labels.keys()) },
    ...known,
    { name: 'cluster', values: labels },
    { name: 'size', values: labels.map((cluster) => (cluster === -1 ? 0 : cohesion.sizes[cluster])) },
    { name: 'fit', values: fits },
  ]);
}
