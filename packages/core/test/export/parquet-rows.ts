import { gunzipSync } from 'node:zlib';

type Field = number | string | Struct | Field[];
interface Struct {
  readonly [field: number]: Field;
}

/** Thrift's compact protocol, read by its specification. */
class Reader {
  constructor(
    private readonly bytes: Uint8Array,
    public at = 0,
  ) {}

  private varint(): number {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = this.bytes[this.at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  }

  private integer(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  struct(): Struct {
    const fields: Record<number, Field> = {};
    let field = 0;
    for (let head = this.bytes[this.at++]; head !== 0; head = this.bytes[this.at++]) {
      field = head >> 4 === 0 ? this.integer() : field + (head >> 4);
      fields[field] = this.value(head & 15);
    }
    return fields;
  }

  private value(type: number): Field {
    if (type === 5 || type === 6) return this.integer();
    if (type === 12) return this.struct();
    if (type === 8) {
      const length = this.varint();
      this.at += length;
      return Buffer.from(this.bytes.subarray(this.at - length, this.at)).toString();
    }
    if (type !== 9) throw new RangeError(`type ${type}`);
    const head = this.bytes[this.at++];
    const length = head >> 4 === 15 ? this.varint() : head >> 4;
    return Array.from({ length }, () => this.value(head & 15));
  }
}

/** Columns of a Parquet file of required, gzipped, plain columns. */
export function parquetColumns(file: Uint8Array): Record<string, (number | string)[]> {
  const bytes = Buffer.from(file);
  if (bytes.toString('latin1', 0, 4) !== 'PAR1' || bytes.toString('latin1', bytes.length - 4) !== 'PAR1')
    throw new RangeError('no Parquet');
  const footer = bytes.readUInt32LE(bytes.length - 8);
  const meta = new Reader(bytes, bytes.length - 8 - footer).struct();
  const columns: Record<string, (number | string)[]> = {};
  for (const group of meta[4] as Struct[]) {
    for (const chunk of group[1] as Struct[]) {
      const about = chunk[3] as Struct;
      const name = (about[3] as string[]).join('.');
      const reader = new Reader(bytes, about[9] as number);
      const page = reader.struct();
      const data = gunzipSync(bytes.subarray(reader.at, reader.at + (page[3] as number)));
      if (data.length !== page[2]) throw new RangeError(`${name}: ${data.length} bytes`);
      const rows = (page[5] as Struct)[1] as number;
      (columns[name] ??= []).push(...plain(data, about[1] as number, rows));
    }
  }
  const rows = meta[3] as number;
  for (const column of Object.values(columns)) if (column.length !== rows) throw new RangeError(`not ${rows} rows`);
  return columns;
}

function plain(data: Buffer, type: number, rows: number): (number | string)[] {
  if (type === 1) return Array.from({ length: rows }, (_, i) => data.readInt32LE(4 * i));
  if (type === 4) return Array.from({ length: rows }, (_, i) => data.readFloatLE(4 * i));
  let at = 0;
  return Array.from({ length: rows }, () => {
    const length = data.readUInt32LE(at);
    at += 4 + length;
    return data.toString('utf8', at - length, at);
  });
}
