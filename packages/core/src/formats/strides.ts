/** An array of numbers of any kind, to be read and written by index. */
interface Elements {
  readonly length: number;
  [index: number]: number | bigint;
}

/** Fills `target` in row-major order with the elements of a strided array that starts at element 0 of `source`. Strides in elements. */
export function gatherStrided<T extends Elements>(
  source: T,
  target: T,
  shape: readonly number[],
  strides: readonly number[],
): T {
  const index = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let to = 0; to < target.length; to++) {
    target[to] = source[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]++;
      from += strides[axis];
      if (index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return target;
}

/** Strides of a row-major array. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
}
