/** A sparse float32 matrix, CSR. */
export interface SparseMatrix {
  readonly rows: number;
  readonly columns: number;
  /** (rows + 1) int32: the entries of row r are offsets[r] .. offsets[r + 1]. */
  readonly offsets: Int32Array;
  /** (entries) int32 columns. */
  readonly indices: Int32Array;
  /** (entries) float32. */
  readonly weights: Float32Array;
}
