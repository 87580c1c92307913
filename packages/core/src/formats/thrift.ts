/** Values of Thrift's compact protocol, as far as Parquet's metadata need them. */
export type ThriftValue =
  | { readonly i32: number }
  | { readonly i64: number }
  | { readonly text: string }
  | { readonly struct: ThriftStruct }
  | { readonly list: readonly ThriftValue[] };

/** Fields by number, ascending. */
export type ThriftStruct = readonly (readonly [field: number, value: ThriftValue])[];

const types = { i32: 5, i64: 6, text: 8, list: 9, struct: 12 } as const;

/** A struct in the compact protocol. https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md */
export function thriftBytes(struct: ThriftStruct): Uint8Array {
  const bytes: number[] = [];
  writeStruct(bytes, struct);
  return Uint8Array.from(bytes);
}

const typeOf = (value: ThriftValue): number => types[Object.keys(value)[0] as keyof typeof types];

function writeStruct(bytes: number[], struct: ThriftStruct): void {
  let last = 0;
  for (const [field, value] of struct) {
    bytes.push(((field - last) << 4) | typeOf(value));
    writeValue(bytes, value);
    last = field;
  }
  bytes.push(0);
}

function writeValue(bytes: number[], value: ThriftValue): void {
  if ('i32' in value) writeVarint(bytes, zigzag(value.i32));
  else if ('i64' in value) writeVarint(bytes, zigzag(value.i64));
  else if ('struct' in value) writeStruct(bytes, value.struct);
  else if ('text' in value) {
    const text = Buffer.from(value.text);
    writeVarint(bytes, text.length);
    bytes.push(...text);
  } else {
    const { list } = value;
    const type = list.length === 0 ? types.i32 : typeOf(list[0]);
    if (list.length < 15) bytes.push((list.length << 4) | type);
    else {
      bytes.push(0xf0 | type);
      writeVarint(bytes, list.length);
    }
    for (const item of list) writeValue(bytes, item);
  }
}

/** Of integers below 2^52: without bit operations, which end at 2^31. */
const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);

function writeVarint(bytes: number[], value: number): void {
  while (value >= 128) {
    bytes.push((value % 128) | 128);
    value = Math.floor(value / 128);
  }
  bytes.push(value);
}
