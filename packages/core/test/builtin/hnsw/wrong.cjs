// It loads and finds the wrong vector.
class HierarchicalNSW {
  initIndex() {}
  addPoint() {}
  searchKnn() {
    return { neighbors: [0], distances: [0] };
  }
}
module.exports = { HierarchicalNSW };
