// It loads and finds nothing.
class Index {
  static fromFactory() {
    return new Index();
  }
  add() {}
  search() {
    return { labels: [-1], distances: [0] };
  }
}
module.exports = { Index };
