/** Element types of ONNX tensors, by their numbers in onnx.proto3. */
const elementTypes = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float64: 11 } as const;
export type ElementType = keyof typeof elementTypes;

/** A size, or the name of one that is known at run time only. */
export type Dimension = number | string;

export type OnnxAttribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly text: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] };

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>> | undefined;
}

/** An input or output. A missing shape would mean a scalar, so it is always written. */
export interface OnnxValue {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly Dimension[];
}

/** A constant of the graph, such as a weight. */
export interface OnnxInitializer {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array | Int8Array;
}

export interface OnnxGraph {
  readonly name?: string | undefined;
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly initializers?: readonly OnnxInitializer[] | undefined;
}

/** ONNX IR version 8 with operator set 17: read by ONNX Runtime 1.13 and later. */
const irVersion = 8;
const operatorSet = 17;

/** Serialises a graph as an ONNX model: the few messages of onnx.proto3 that are needed, in protobuf's wire format. */
export function writeOnnx(graph: OnnxGraph): Uint8Array {
  const body = message(
    ...graph.nodes.map((node) => field(1, nodeMessage(node))),
    text(2, graph.name ?? 'graph'),
    ...(graph.initializers ?? []).map((tensor) => field(5, tensorMessage(tensor))),
    ...graph.inputs.map((value) => field(11, valueMessage(value))),
    ...graph.outputs.map((value) => field(12, valueMessage(value))),
  );
  const model = message(
    integer(1, irVersion),
    text(2, 'l2c'),
    field(7, body),
    field(8, message(integer(2, operatorSet))),
  );
  if (model.length > 2 ** 31 - 1)
    throw new RangeError(`an ONNX file holds 2 GiB at most, this has ${model.length} bytes`);
  const bytes = new Uint8Array(model.length);
  let at = 0;
  for (const part of model.parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function nodeMessage({ op, inputs, outputs, attributes }: OnnxNode): Message {
  return message(
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, op),
    ...Object.entries(attributes ?? {}).map(([name, attribute]) => field(5, attributeMessage(name, attribute))),
  );
}

function attributeMessage(name: string, attribute: OnnxAttribute): Message {
  const value =
    'int' in attribute
      ? [integer(3, attribute.int), integer(20, 2)]
      : 'float' in attribute
        ? [float(2, attribute.float), integer(20, 1)]
        : 'text' in attribute
          ? [text(4, attribute.text), integer(20, 3)]
          : 'ints' in attribute
            ? [...attribute.ints.map((number) => integer(8, number)), integer(20, 7)]
            : [...attribute.floats.map((number) => float(7, number)), integer(20, 6)];
  return message(text(1, name), ...value);
}

function valueMessage({ name, type, shape }: OnnxValue): Message {
  const dimensions = shape.map((size) =>
    field(1, message(typeof size === 'number' ? integer(1, size) : text(2, size))),
  );
  const tensorType = message(integer(1, elementTypes[type]), field(2, message(...dimensions)));
  return message(text(1, name), field(2, message(field(1, tensorType))));
}

function tensorMessage({ name, shape, values }: OnnxInitializer): Message {
  const count = shape.reduce((product, size) => product * size, 1);
  if (count !== values.length)
    throw new RangeError(`initializer ${name}: ${values.length} values for [${shape.join(', ')}]`);
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return message(
    ...shape.map((size) => integer(1, size)),
    integer(2, elementTypes[elementTypeOf(values)]),
    text(8, name),
    field(9, { parts: [raw], length: raw.length }),
  );
}

function elementTypeOf(values: OnnxInitializer['values']): ElementType {
  if (values instanceof Float32Array) return 'float32';
  if (values instanceof Float64Array) return 'float64';
  if (values instanceof Int32Array) return 'int32';
  if (values instanceof BigInt64Array) return 'int64';
  return values instanceof Int8Array ? 'int8' : 'uint8';
}

/** Bytes in pieces: weights are not copied before the very end. */
interface Message {
  readonly parts: readonly Uint8Array[];
  readonly length: number;
}

function message(...fields: readonly Message[]): Message {
  return {
    parts: fields.flatMap(({ parts }) => parts),
    length: fields.reduce((sum, { length }) => sum + length, 0),
  };
}

/** A length-delimited field. */
function field(number: number, { parts, length }: Message): Message {
  const head = Uint8Array.from([...varint(number * 8 + 2), ...varint(length)]);
  return { parts: [head, ...parts], length: head.length + length };
}

function text(number: number, value: string): Message {
  const bytes = new TextEncoder().encode(value);
  return field(number, { parts: [bytes], length: bytes.length });
}

function integer(number: number, value: number): Message {
  const bytes = Uint8Array.from([...varint(number * 8), ...varint(value)]);
  return { parts: [bytes], length: bytes.length };
}

function float(number: number, value: number): Message {
  const bytes = new Uint8Array(5);
  bytes[0] = number * 8 + 5;
  new DataView(bytes.buffer).setFloat32(1, value, true);
  return { parts: [bytes], length: 5 };
}

/** Seven bits a byte, least significant first; negative numbers as their 64-bit two's complement. */
function varint(value: number): number[] {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no integer`);
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 128);
  } while (rest !== 0n);
  return bytes;
}
