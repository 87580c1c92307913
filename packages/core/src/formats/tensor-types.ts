import { fromBfloat16, fromFloat16 } from '../data/half-floats.js';

/** A type of tensor elements: bytes each, and how whole buffers of them become float32 (never on a SharedArrayBuffer). */
export interface TensorType {
  readonly bytes: number;
  decode(own: ArrayBuffer): Float32Array;
}

/** By the names of safetensors. */
export const tensorTypes: Readonly<Record<string, TensorType>> = {
  F32: { bytes: 4, decode: (own) => new Float32Array(own) },
  F64: { bytes: 8, decode: (own) => Float32Array.from(new Float64Array(own)) },
  F16: { bytes: 2, decode: (own) => fromFloat16(new Uint16Array(own)) },
  BF16: { bytes: 2, decode: (own) => fromBfloat16(new Uint16Array(own)) },
  I64: { bytes: 8, decode: (own) => Float32Array.from(new BigInt64Array(own), Number) },
  U64: { bytes: 8, decode: (own) => Float32Array.from(new BigUint64Array(own), Number) },
  I32: { bytes: 4, decode: (own) => Float32Array.from(new Int32Array(own)) },
  U32: { bytes: 4, decode: (own) => Float32Array.from(new Uint32Array(own)) },
  I16: { bytes: 2, decode: (own) => Float32Array.from(new Int16Array(own)) },
  U16: { bytes: 2, decode: (own) => Float32Array.from(new Uint16Array(own)) },
  I8: { bytes: 1, decode: (own) => Float32Array.from(new Int8Array(own)) },
  U8: { bytes: 1, decode: (own) => Float32Array.from(new Uint8Array(own)) },
  BOOL: { bytes: 1, decode: (own) => Float32Array.from(new Uint8Array(own)) },
};
