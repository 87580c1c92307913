// The best k of each row, on a memory that threads share. One u64 an entry, greater = better: the similarity, made
// comparable as an unsigned integer, above the complement of the id, so that equal similarities go to the lower id.
//
// Row r has room for `capacity` > k entries at entries + r * capacity * 8; counts[r] of them are filled. bounds[r] is a
// similarity below which nothing gets in any more, floors[r] the whole key that a newcomer must exceed.

function keyOf(x: f32, id: i32): u64 {
  const bits = reinterpret<u32>(x + 0.0); // + 0 makes -0 and 0 equal
  const ordered = bits ^ ((<u32>((<i32>bits) >> 31)) | 0x80000000);
  return ((<u64>ordered) << 32) | (<u64>~(<u32>id));
}

function similarityOf(key: u64): f32 {
  const ordered = <u32>(key >> 32);
  return reinterpret<f32>(ordered ^ (((ordered >> 31) - 1) | 0x80000000));
}

function at(list: usize, i: i32): u64 {
  return load<u64>(list + ((<usize>i) << 3));
}

function put(list: usize, i: i32, key: u64): void {
  store<u64>(list + ((<usize>i) << 3), key);
}

/**
 * Moves the best of n keys to the front, in any order: at least k and at most `limit` of them. Returns how many.
 * Partitions without branches on the keys, which no branch predictor could guess.
 */
function select(list: usize, n: i32, k: i32, limit: i32): i32 {
  let low: i32 = 0; // the keys before it are better than all others
  let high: i32 = n; // those from here on are out
  while (high > limit) {
    const middle = (low + high) >> 1;
    const a = at(list, low);
    const b = at(list, middle);
    const c = at(list, high - 1);
    const place = a > b == b > c ? middle : a > b == c > a ? low : high - 1;
    const pivot = at(list, place);
    put(list, place, a);
    put(list, low, pivot);
    let i = low + 1;
    for (let j = i; j < high; j++) {
      const key = at(list, j);
      put(list, j, at(list, i));
      put(list, i, key);
      i += i32(key > pivot);
    }
    put(list, low, at(list, i - 1));
    put(list, i - 1, pivot);
    if (i < k) low = i;
    else high = i < high ? i : i - 1;
  }
  return high;
}

/** Sorts list[low .. high], best first. */
function sort(list: usize, low: i32, high: i32): void {
  while (high - low > 24) {
    const pivot = at(list, (low + high) >> 1);
    let i = low;
    let j = high;
    while (i <= j) {
      while (at(list, i) > pivot) i++;
      while (at(list, j) < pivot) j--;
      if (i <= j) {
        const key = at(list, i);
        put(list, i, at(list, j));
        put(list, j, key);
        i++;
        j--;
      }
    }
    if (j - low < high - i) {
      sort(list, low, j);
      low = i;
    } else {
      sort(list, i, high);
      high = j;
    }
  }
  for (let i = low + 1; i <= high; i++) {
    const key = at(list, i);
    let j = i - 1;
    while (j >= low && at(list, j) < key) {
      put(list, j + 1, at(list, j));
      j--;
    }
    put(list, j + 1, key);
  }
}

/** Shrinks a row to the best k .. limit of its n entries and raises its bound and floor to the worst that stays. */
function shrink(list: usize, n: i32, k: i32, limit: i32, row: i32, bounds: usize, floors: usize): i32 {
  n = select(list, n, k, limit);
  let floor = at(list, 0);
  for (let i = 1; i < n; i++) {
    const other = at(list, i);
    floor = other < floor ? other : floor;
  }
  store<u64>(floors + ((<usize>row) << 3), floor);
  store<f32>(bounds + ((<usize>row) << 2), similarityOf(floor));
  return n;
}

/**
 * Offers what a scan listed (u32 owner << 16 | other, f32 similarity) to the rows it names: instance others[other] is
 * offered to row firstRow + rows[owner], which belongs to instance owners[owner]. None is offered to itself. A row is shrunk
 * once it has `full` entries, k < full <= capacity.
 */
export function merge(
  list: usize,
  length: i32,
  firstRow: i32,
  rows: usize,
  owners: usize,
  others: usize,
  entries: usize,
  counts: usize,
  bounds: usize,
  floors: usize,
  capacity: i32,
  full: i32,
  k: i32,
): void {
  const end = list + ((<usize>length) << 3);
  for (; list < end; list += 8) {
    const place = load<u32>(list);
    const owner = place >> 16;
    const other = load<i32>(others + <usize>((place & 0xffff) << 2));
    const row = firstRow + load<i32>(rows + <usize>(owner << 2));
    const key = keyOf(load<f32>(list, 4), other);
    if (key > load<u64>(floors + ((<usize>row) << 3)) && other != load<i32>(owners + <usize>(owner << 2))) {
      const own = entries + ((<usize>row * <usize>capacity) << 3);
      const count = counts + ((<usize>row) << 2);
      let n = load<i32>(count);
      put(own, n, key);
      n++;
      if (n >= full) n = shrink(own, n, k, k + ((full - k) >> 2), row, bounds, floors);
      store<i32>(count, n);
    }
  }
}

/** Shrinks rows first .. last to their best k, where they have more than that. */
export function settle(
  first: i32,
  last: i32,
  entries: usize,
  counts: usize,
  bounds: usize,
  floors: usize,
  capacity: i32,
  k: i32,
): void {
  for (let row = first; row < last; row++) {
    const count = counts + ((<usize>row) << 2);
    const n = load<i32>(count);
    const own = entries + ((<usize>row * <usize>capacity) << 3);
    if (n >= k) store<i32>(count, shrink(own, n, k, k, row, bounds, floors));
  }
}

/**
 * Sorts the best k of rows first .. last and writes them, row after row, to ids (i32, -1 where a row has fewer) and
 * similarities (f32, -Infinity there).
 */
export function finish(
  first: i32,
  last: i32,
  entries: usize,
  counts: usize,
  capacity: i32,
  k: i32,
  ids: usize,
  similarities: usize,
): void {
  for (let row = first; row < last; row++) {
    const list = entries + ((<usize>row * <usize>capacity) << 3);
    const kept = select(list, load<i32>(counts + ((<usize>row) << 2)), k, k);
    sort(list, 0, kept - 1);
    for (let i = 0; i < k; i++) {
      const key = i < kept ? at(list, i) : 0;
      store<i32>(ids, i < kept ? <i32>~(<u32>key) : -1);
      store<f32>(similarities, i < kept ? similarityOf(key) : -(<f32>Infinity));
      ids += 4;
      similarities += 4;
    }
  }
}
