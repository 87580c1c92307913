// What faiss-node exports, as far as it is used, in a few lines: for tests where FAISS is not installed, and for those of how
// it goes wrong. Factories: Flat; Trained (gives only what training showed it); and what a name below says.
class Index {
  constructor(dim, factory) {
    this.dim = dim;
    this.factory = factory;
    this.rows = [];
    this.trained = factory !== 'Trained';
  }

  static fromFactory(dim, factory, metric) {
    if (metric !== 0) throw new Error('not the inner product');
    if (factory === 'Unknown') {
      throw new Error(
        `Error in std::unique_ptr<faiss::Index> f() at ./faiss/index_factory.cpp:879: could not parse index string Unknown`,
      );
    }
    return new Index(dim, factory);
  }

  isTrained() {
    return this.trained;
  }

  train(x) {
    plain(x);
    this.trained = true;
  }

  add(x) {
    if (!this.trained) throw new Error('not trained');
    if (this.factory === 'Crash') {
      process.stderr.write(
        "terminate called after throwing an instance of 'faiss::FaissException'\n" +
          "  what():  Error in void g(idx_t) at ./faiss/Clustering.cpp:277: Error: 'nx >= k' failed: Number of training points (50) is small\n",
        () => process.abort(),
      );
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
      process.abort();
    }
    if (this.factory === 'Hang') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
    plain(x);
    if (this.factory === 'Wordy') process.stderr.write('WARNING please provide more points\n');
    for (let at = 0; at < x.length; at += this.dim) this.rows.push(x.slice(at, at + this.dim));
  }

  search(x, k) {
    plain(x);
    if (k > this.rows.length) throw new Error('Invalid the number of k');
    const labels = [];
    for (let at = 0; at < x.length; at += this.dim) {
      const products = this.rows.map((row, id) => [id, row.reduce((sum, value, c) => sum + value * x[at + c], 0)]);
      products.sort((a, b) => b[1] - a[1] || b[0] - a[0]); // ties to the higher id: FAISS promises nothing
      const few = this.factory === 'Few' ? 3 : k;
      for (let place = 0; place < k; place++) labels.push(place < few ? products[place][0] : -1);
    }
    return { labels, distances: labels.map(() => 0) };
  }
}

function plain(x) {
  if (!Array.isArray(x)) throw new TypeError('Invalid the first argument type, must be an Array.');
}

module.exports = { Index };
