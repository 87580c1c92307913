// Weighted sparse matrix (CSR) times dense matrix, row-major float32. 32 columns at a time stay in registers.

/** out[dim] of one row, columns `from` .. `dim`, four at a time and then singly. */
function rest(
  from: usize,
  width: usize,
  first: i32,
  last: i32,
  indices: usize,
  weights: usize,
  x: usize,
  out: usize,
): void {
  let c = from;
  for (; c + 16 <= width; c += 16) {
    let sum = f32x4.splat(0);
    for (let e = first; e < last; e++) {
      const w = v128.load32_splat(weights + ((<usize>e) << 2));
      const source = x + <usize>load<u32>(indices + ((<usize>e) << 2)) * width + c;
      sum = f32x4.add(sum, f32x4.mul(w, v128.load(source)));
    }
    v128.store(out + c, sum);
  }
  for (; c < width; c += 4) {
    let sum: f32 = 0;
    for (let e = first; e < last; e++) {
      const w = load<f32>(weights + ((<usize>e) << 2));
      sum += w * load<f32>(x + <usize>load<u32>(indices + ((<usize>e) << 2)) * width + c);
    }
    store<f32>(out + c, sum);
  }
}

/**
 * out = A x for rows first .. last of A.
 *
 * @param offsets (rows + 1) i32: the entries of row r are offsets[r] .. offsets[r + 1]
 * @param indices (entries) i32 columns of A, @param weights (entries) f32
 * @param x (columns x dim) f32, @param out (rows x dim) f32
 */
export function spmm(
  first: i32,
  last: i32,
  dim: i32,
  offsets: usize,
  indices: usize,
  weights: usize,
  x: usize,
  out: usize,
): void {
  const width: usize = (<usize>dim) << 2;
  const wide: usize = width & ~127;
  for (let r = first; r < last; r++) {
    const begin = load<i32>(offsets + ((<usize>r) << 2));
    const end = load<i32>(offsets + ((<usize>r) << 2), 4);
    const target = out + <usize>r * width;
    for (let c: usize = 0; c < wide; c += 128) {
      let s0 = f32x4.splat(0);
      let s1 = s0;
      let s2 = s0;
      let s3 = s0;
      let s4 = s0;
      let s5 = s0;
      let s6 = s0;
      let s7 = s0;
      for (let e = begin; e < end; e++) {
        const w = v128.load32_splat(weights + ((<usize>e) << 2));
        const source = x + <usize>load<u32>(indices + ((<usize>e) << 2)) * width + c;
        s0 = f32x4.add(s0, f32x4.mul(w, v128.load(source)));
        s1 = f32x4.add(s1, f32x4.mul(w, v128.load(source, 16)));
        s2 = f32x4.add(s2, f32x4.mul(w, v128.load(source, 32)));
        s3 = f32x4.add(s3, f32x4.mul(w, v128.load(source, 48)));
        s4 = f32x4.add(s4, f32x4.mul(w, v128.load(source, 64)));
        s5 = f32x4.add(s5, f32x4.mul(w, v128.load(source, 80)));
        s6 = f32x4.add(s6, f32x4.mul(w, v128.load(source, 96)));
        s7 = f32x4.add(s7, f32x4.mul(w, v128.load(source, 112)));
      }
      const p = target + c;
      v128.store(p, s0);
      v128.store(p, s1, 16);
      v128.store(p, s2, 32);
      v128.store(p, s3, 48);
      v128.store(p, s4, 64);
      v128.store(p, s5, 80);
      v128.store(p, s6, 96);
      v128.store(p, s7, 112);
    }
    if (wide < width) rest(wide, width, begin, end, indices, weights, x, target);
  }
}
