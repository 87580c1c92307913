import { ByteWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';

/** A column without gaps. */
export interface ParquetColumnValues {
  readonly name: string;
  readonly values: Int32Array | Float32Array | readonly string[];
}

/** Readers hold a group at a time. */
const rowsPerGroup = 2 ** 17;

/** A table as Parquet, piece by piece: required columns, compressed by snappy, in groups of 131,072 rows. */
export function* parquetPieces(
  columns: readonly ParquetColumnValues[],
  groupRows = rowsPerGroup,
): Generator<Uint8Array> {
  const writer = new ByteWriter();
  const schema = schemaFromColumnData({ columnData: columnData(columns, 0, 0) });
  const table = new ParquetWriter({ writer, schema, createdBy: 'l2c' });
  const taken = (): Uint8Array => {
    const bytes = writer.getBytes().slice();
    writer.index = 0;
    return bytes;
  };
  const rows = columns[0].values.length;
  for (let start = 0; start < rows; start += groupRows) {
    void table.write({ columnData: columnData(columns, start, start + groupRows), rowGroupSize: groupRows });
    yield taken();
  }
  void table.finish();
  yield taken();
}

function columnData(columns: readonly ParquetColumnValues[], start: number, end: number) {
  return columns.map(
    ({ name, values }) =>
      ({
        name,
        data: values.slice(start, end),
        type: values instanceof Int32Array ? 'INT32' : values instanceof Float32Array ? 'FLOAT' : 'STRING',
        nullable: false,
      }) as const,
  );
}
