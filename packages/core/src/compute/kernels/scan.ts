/** Finds the products worth keeping in a block of them. All pointers are byte offsets into the kernel's memory. */
export interface ScanKernel {
  /**
   * Lists the entries of rows `row` .. `rows` of the (rows x columns) float32 block at `products` that reach the bound of
   * their row (at `out`: uint32 row << 16 | column, then the float32 value) and those that reach the bound of their column
   * (at `out` + 8 * capacity: column << 16 | row, value). Stops before a row whose entries might not fit `capacity` >=
   * columns, and returns where it stopped. Column bounds of +Infinity look at rows alone. At most 65,535 rows and columns.
   */
  scan(
    products: number,
    row: number,
    rows: number,
    columns: number,
    rowBounds: number,
    columnBounds: number,
    out: number,
    capacity: number,
  ): number;
  /** How many entries the last scan listed for rows. */
  readonly rowsFound: number;
  /** How many entries the last scan listed for columns. */
  readonly columnsFound: number;
}
