// A step of propagation over a graph, row-major float32: out = max(out + A x, lowest) for a weighted sparse A (CSR), and what
// is added to the rows of one graph. 32 columns at a time stay in registers. pmax keeps NaN.

/** One row, columns `from` .. `width` (in bytes): four at a time, then singly. */
function rest(
  from: usize,
  width: usize,
  first: i32,
  last: i32,
  indices: usize,
  weights: usize,
  x: usize,
  out: usize,
  lowest: f32,
): void {
  let c = from;
  for (; c + 16 <= width; c += 16) {
    let sum = v128.load(out + c);
    for (let e = first; e < last; e++) {
      const w = v128.load32_splat(weights + ((<usize>e) << 2));
      const source = x + <usize>load<u32>(indices + ((<usize>e) << 2)) * width + c;
      sum = f32x4.add(sum, f32x4.mul(w, v128.load(source)));
    }
    v128.store(out + c, f32x4.pmax(sum, f32x4.splat(lowest)));
  }
  for (; c < width; c += 4) {
    let sum = load<f32>(out + c);
    for (let e = first; e < last; e++) {
      const w = load<f32>(weights + ((<usize>e) << 2));
      sum += w * load<f32>(x + <usize>load<u32>(indices + ((<usize>e) << 2)) * width + c);
    }
    store<f32>(out + c, sum < lowest ? lowest : sum);
  }
}

/**
 * out[r] = max(out[r] + (A x)[r], lowest) for the `count` rows r that `order` lists: rows that share neighbours are best
 * listed together, since they then find them in the cache.
 *
 * @param order (count) i32, @param offsets (rows + 1) i32: the entries of row r are offsets[r] .. offsets[r + 1]
 * @param indices (entries) i32 columns of A, @param weights (entries) f32
 * @param x (columns x dim) f32, @param out (rows x dim) f32
 */
export function propagate(
  count: i32,
  dim: i32,
  order: usize,
  offsets: usize,
  indices: usize,
  weights: usize,
  x: usize,
  out: usize,
  lowest: f32,
): void {
  const width: usize = (<usize>dim) << 2;
  const wide: usize = width & ~127;
  const least = f32x4.splat(lowest);
  for (let i = 0; i < count; i++) {
    const r = load<u32>(order + ((<usize>i) << 2));
    const begin = load<i32>(offsets + ((<usize>r) << 2));
    const end = load<i32>(offsets + ((<usize>r) << 2), 4);
    const target = out + <usize>r * width;
    for (let c: usize = 0; c < wide; c += 128) {
      const p = target + c;
      let s0 = v128.load(p);
      let s1 = v128.load(p, 16);
      let s2 = v128.load(p, 32);
      let s3 = v128.load(p, 48);
      let s4 = v128.load(p, 64);
      let s5 = v128.load(p, 80);
      let s6 = v128.load(p, 96);
      let s7 = v128.load(p, 112);
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
      v128.store(p, f32x4.pmax(s0, least));
      v128.store(p, f32x4.pmax(s1, least), 16);
      v128.store(p, f32x4.pmax(s2, least), 32);
      v128.store(p, f32x4.pmax(s3, least), 48);
      v128.store(p, f32x4.pmax(s4, least), 64);
      v128.store(p, f32x4.pmax(s5, least), 80);
      v128.store(p, f32x4.pmax(s6, least), 96);
      v128.store(p, f32x4.pmax(s7, least), 112);
    }
    if (wide < width) rest(wide, width, begin, end, indices, weights, x, target, lowest);
  }
}

/**
 * rows[r] += u + scales[r] v for r = first .. last.
 *
 * @param rows (rows x dim) f32, @param u (dim) f32, @param v (dim) f32, @param scales (rows) f32
 */
export function addScaled(first: i32, last: i32, dim: i32, rows: usize, u: usize, v: usize, scales: usize): void {
  const width: usize = (<usize>dim) << 2;
  const whole: usize = width & ~15;
  for (let r = first; r < last; r++) {
    const target = rows + <usize>r * width;
    const scale = load<f32>(scales + ((<usize>r) << 2));
    const scale4 = f32x4.splat(scale);
    let c: usize = 0;
    for (; c < whole; c += 16) {
      const added = f32x4.add(v128.load(u + c), f32x4.mul(scale4, v128.load(v + c)));
      v128.store(target + c, f32x4.add(v128.load(target + c), added));
    }
    for (; c < width; c += 4) {
      store<f32>(target + c, load<f32>(target + c) + (load<f32>(u + c) + scale * load<f32>(v + c)));
    }
  }
}
