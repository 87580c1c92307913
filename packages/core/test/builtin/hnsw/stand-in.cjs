// What hnswlib-node exports, as far as it is used, in a few lines: for tests where it is not installed. It compares all, and
// gives equal ones by id.
class HierarchicalNSW {
  constructor(space, dim) {
    if (space !== 'ip') throw new Error('not the inner product');
    this.dim = dim;
    this.rows = new Map();
  }

  initIndex(maxElements, m, efConstruction, randomSeed) {
    for (const value of [maxElements, m, efConstruction, randomSeed]) {
      if (!Number.isInteger(value)) throw new Error(`${value} is no integer`);
    }
    this.most = maxElements;
  }

  setEf(ef) {
    this.ef = ef;
  }

  addPoint(point, label) {
    if (!Array.isArray(point) || point.length !== this.dim) throw new Error('no array of dim numbers');
    if (this.rows.size === this.most) throw new Error('the index is full');
    this.rows.set(label, [...point]);
  }

  searchKnn(query, count) {
    if (!Array.isArray(query)) throw new Error('no array');
    if (count > this.rows.size) throw new Error('Invalid the number of k-nearest neighbors');
    if (this.ef !== undefined && this.ef < count) throw new Error(`ef ${this.ef} is less than ${count}`);
    const products = [...this.rows].map(([label, row]) => [
      label,
      row.reduce((sum, value, c) => sum + value * query[c], 0),
    ]);
    products.sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    const found = products.slice(0, count).map(([label]) => label);
    return { neighbors: found, distances: found.map(() => 0) };
  }
}

module.exports = { HierarchicalNSW };
