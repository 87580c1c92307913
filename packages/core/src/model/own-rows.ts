/** What rows have of their own, to which A x is added. */
export interface OwnRows {
  /** Copies columns first .. first + count of rows start .. end (exclusive) to the front of `target`, row-major. */
  copyColumns(start: number, end: number, first: number, count: number, target: Float32Array): void;
  /** To stretches of rows u + s v is added, for s the sum of the row of A. */
  readonly stretches?: Stretches | undefined;
}

export interface Stretches {
  /** (stretches + 1) int32: the rows of stretch i are bounds[i] .. bounds[i + 1]; together they are all rows. */
  readonly bounds: Int32Array;
  /** Writes columns first .. first + u.length of u and v of a stretch. */
  read(stretch: number, first: number, u: Float32Array, v: Float32Array): void;
}

/** The stretches that reach into rows start .. end, with the part that does, counted from `start`. */
export function eachStretch(
  { bounds }: Stretches,
  start: number,
  end: number,
  use: (stretch: number, first: number, last: number) => void,
): void {
  for (let s = 0; s + 1 < bounds.length && bounds[s] < end; s++) {
    const [first, last] = [Math.max(start, bounds[s]), Math.min(end, bounds[s + 1])];
    if (first < last) use(s, first - start, last - start);
  }
}
