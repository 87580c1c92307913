import { problem } from '../errors.js';
import type { Tensor } from '../stages/interfaces.js';
import { gatherStrided, rowMajorStrides } from './strides.js';
import { tensorTypes } from './tensor-types.js';
import { isGlobal, isObject, isPersistent, type PickleObject, type PickleValue } from './pickle.js';

/** torch's names of types and of storage classes, to those of safetensors. */
const dtypes: Readonly<Record<string, string>> = {
  float32: 'F32',
  float64: 'F64',
  float16: 'F16',
  bfloat16: 'BF16',
  int64: 'I64',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint8: 'U8',
  bool: 'BOOL',
  uint16: 'U16',
  uint32: 'U32',
  uint64: 'U64',
};
const storageClasses: Readonly<Record<string, string>> = {
  FloatStorage: 'F32',
  DoubleStorage: 'F64',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
};

/** Bytes of an element of a storage class such as `torch FloatStorage`; 1 for an untyped storage; undefined for other names. */
export function storageElementBytes(global: string): number | undefined {
  const name = global.split(' ')[1];
  if (name === 'UntypedStorage') return 1;
  return tensorTypes[storageClasses[name] ?? '']?.bytes;
}

/** Finds the bytes of the storage that a pickle refers to by its persistent id: ['storage', class, key, device, numel, view?]. */
export type FindStorage = (id: readonly PickleValue[]) => Uint8Array;

/**
 * The tensor that a value of a torch pickle stands for, as row-major float32: strides and storage offset honoured, other types converted.
 * undefined where the value is no tensor.
 */
export function toTensor(value: PickleValue | undefined, find: FindStorage, place: string): Tensor | undefined {
  const call = unwrapParameter(value);
  const version = call === undefined ? undefined : /^torch\._utils _rebuild_tensor(_v2|_v3)?$/.exec(call.global);
  if (call === undefined || version === null || version === undefined) return undefined;
  const [storage, offset, size, stride] = call.args;
  if (!isPersistent(storage) || !Array.isArray(storage.id) || !isGlobal(storage.id[1])) {
    throw problem('E_FILE', place, 'its storage is not given as torch does');
  }
  const dtype = version[1] === '_v3' ? call.args[6] : undefined;
  const typeName = (isGlobal(dtype) ? dtype : storage.id[1]).global.split(' ')[1];
  const type = tensorTypes[(isGlobal(dtype) ? dtypes : storageClasses)[typeName] ?? ''];
  if (type === undefined) throw problem('E_FILE', place, `is a tensor of ${typeName}`, 'save it as float32');
  const shape = counts(size, place);
  const strides = counts(stride, place);
  const start = counts([offset], place)[0];
  if (strides.length !== shape.length)
    throw problem('E_FILE', place, `${shape.length} sizes, but ${strides.length} strides`);
  const count = shape.reduce((product, length) => product * length, 1);
  const last = count === 0 ? start : shape.reduce((sum, length, axis) => sum + (length - 1) * strides[axis], start) + 1;
  const bytes = find(storage.id);
  if (last * type.bytes > bytes.length || count * type.bytes > Math.max(bytes.length, 2 ** 20)) {
    throw problem(
      'E_FILE',
      place,
      `reaches beyond its storage of ${bytes.length} bytes`,
      'copy or write the file again',
    );
  }
  const used = bytes.subarray(start * type.bytes, Math.max(start, last) * type.bytes);
  const values = type.decode(new Uint8Array(used).buffer);
  const expected = rowMajorStrides(shape);
  const plain =
    values.length === count && shape.every((length, axis) => length === 1 || strides[axis] === expected[axis]);
  return { shape, values: plain ? values : gatherStrided(values, new Float32Array(count), shape, strides) };
}

/** `torch.nn.Parameter` pickles as a call that holds the tensor. */
function unwrapParameter(value: PickleValue | undefined): PickleObject | undefined {
  if (!isObject(value)) return undefined;
  if (!/^torch\._utils _rebuild_parameter(_with_state)?$/.test(value.global)) return value;
  const [inner] = value.args;
  return isObject(inner) ? inner : undefined;
}

function counts(value: PickleValue | undefined, place: string): number[] {
  if (!Array.isArray(value) || !value.every((entry) => Number.isSafeInteger(entry) && (entry as number) >= 0)) {
    throw problem('E_FILE', place, 'has sizes or strides that are no counts');
  }
  return value as number[];
}
