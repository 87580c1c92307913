/** The value of each float16, by its bits: 1 sign, 5 exponent, 10 fraction (IEEE 754 half precision). Exact. */
export const float16Values = Float32Array.from({ length: 65536 }, (_, bits) => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
});

/** IEEE 754 half precision to float32: exact. */
export function fromFloat16(bits: Uint16Array, result: Float32Array = new Float32Array(bits.length)): Float32Array {
  for (let i = 0; i < bits.length; i++) result[i] = float16Values[bits[i]];
  return result;
}

/** Float32 to the nearest half precision, ties to even; beyond 65,519 infinite. */
export function toFloat16(values: Float32Array, result: Uint16Array = new Uint16Array(values.length)): Uint16Array {
  for (let i = 0; i < values.length; i++) result[i] = nearestFloat16(values[i]);
  return result;
}

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

function nearestFloat16(value: number): number {
  float[0] = value;
  const sign = (word[0] >>> 16) & 0x8000;
  const magnitude = word[0] & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // subnormal: adding 0.5 aligns the last bit of a float32 with 2^-24, and rounds
    float[0] = Math.abs(value) + 0.5;
    return sign | (word[0] - 0x3f000000);
  }
  const half = magnitude - 0x38000000;
  return sign | ((half + 0xfff + ((half >>> 13) & 1)) >>> 13);
}

/** bfloat16 (the upper half of a float32) to float32: exact. */
export function fromBfloat16(bits: Uint16Array): Float32Array {
  const words = Uint32Array.from(bits, (half) => half << 16);
  return new Float32Array(words.buffer);
}
