// Finds the products worth keeping. Runs on a private memory: the engine writes each block of products into it.

/** Entries that the last scan listed for rows, and for columns. */
export let rowsFound: i32 = 0;
export let columnsFound: i32 = 0;

function mask16(a: v128, b: v128, c: v128, d: v128): i32 {
  return i32x4.bitmask(a) | (i32x4.bitmask(b) << 4) | (i32x4.bitmask(c) << 8) | (i32x4.bitmask(d) << 12);
}

/**
 * Lists the entries of rows `row` .. `rows` of a (rows x columns) block that reach the bound of their row (to `out`, as
 * u32 row << 16 | column and the f32 value) and those that reach the bound of their column (to `out` + 8 * capacity, as
 * column << 16 | row and the value). Stops before a row whose entries might not fit the capacity; returns where it stopped.
 *
 * @param products (rows x columns) f32
 * @param rowBounds (rows) f32
 * @param columnBounds (columns) f32: all +Infinity to look at rows alone
 */
export function scan(
  products: usize,
  row: i32,
  rows: i32,
  columns: i32,
  rowBounds: usize,
  columnBounds: usize,
  out: usize,
  capacity: i32,
): i32 {
  let forth = out;
  let back = out + ((<usize>capacity) << 3);
  const lastForth = back - ((<usize>columns) << 3);
  const lastBack = lastForth + ((<usize>capacity) << 3);
  const wide = columns & ~15;
  for (; row < rows && forth <= lastForth && back <= lastBack; row++) {
    const bound = load<f32>(rowBounds + ((<usize>row) << 2));
    const t = f32x4.splat(bound);
    const base = products + ((<usize>row * <usize>columns) << 2);
    const high = (<u32>row) << 16;
    let j: i32 = 0;
    for (; j < wide; j += 16) {
      const p = base + ((<usize>j) << 2);
      const q = columnBounds + ((<usize>j) << 2);
      const x0 = v128.load(p),
        x1 = v128.load(p, 16),
        x2 = v128.load(p, 32),
        x3 = v128.load(p, 48);
      const r0 = f32x4.ge(x0, t),
        r1 = f32x4.ge(x1, t),
        r2 = f32x4.ge(x2, t),
        r3 = f32x4.ge(x3, t);
      const c0 = f32x4.ge(x0, v128.load(q)),
        c1 = f32x4.ge(x1, v128.load(q, 16));
      const c2 = f32x4.ge(x2, v128.load(q, 32)),
        c3 = f32x4.ge(x3, v128.load(q, 48));
      const r = v128.or(v128.or(r0, r1), v128.or(r2, r3));
      const c = v128.or(v128.or(c0, c1), v128.or(c2, c3));
      if (v128.any_true(v128.or(r, c))) {
        let mask = mask16(r0, r1, r2, r3);
        while (mask) {
          const column = j + ctz(mask);
          mask &= mask - 1;
          store<u32>(forth, high | (<u32>column));
          store<f32>(forth, load<f32>(base + ((<usize>column) << 2)), 4);
          forth += 8;
        }
        mask = mask16(c0, c1, c2, c3);
        while (mask) {
          const column = j + ctz(mask);
          mask &= mask - 1;
          store<u32>(back, ((<u32>column) << 16) | (<u32>row));
          store<f32>(back, load<f32>(base + ((<usize>column) << 2)), 4);
          back += 8;
        }
      }
    }
    for (; j < columns; j++) {
      const x = load<f32>(base + ((<usize>j) << 2));
      if (x >= bound) {
        store<u32>(forth, high | (<u32>j));
        store<f32>(forth, x, 4);
        forth += 8;
      }
      if (x >= load<f32>(columnBounds + ((<usize>j) << 2))) {
        store<u32>(back, ((<u32>j) << 16) | (<u32>row));
        store<f32>(back, x, 4);
        back += 8;
      }
    }
  }
  rowsFound = <i32>((forth - out) >> 3);
  columnsFound = <i32>((back - out) >> 3) - capacity;
  return row;
}
