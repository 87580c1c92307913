"""baselines_sklearn.py FEATURES DIM K CLUSTERS THREADS: the baselines that scikit-learn and scipy have, on the same rows."""

import sys

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import csr_matrix
from serve import serve
from sklearn.cluster import DBSCAN, KMeans, MeanShift, MiniBatchKMeans, SpectralClustering

try:
    from sklearn.cluster import HDBSCAN
except ImportError:  # before 1.3
    HDBSCAN = None

path, dim, k, clusters, threads = sys.argv[1:]
rows = np.fromfile(path, dtype=np.float32).reshape(-1, int(dim))
n, k, clusters = len(rows), int(k), int(clusters)


def neighbours():
    ids, distances = np.empty((n, k), np.int32), np.empty((n, k), np.float32)
    for start in range(0, n, 1000):
        products = rows[start : start + 1000] @ rows.T
        products[np.arange(len(products)), np.arange(start, start + len(products))] = -np.inf
        best = np.argpartition(-products, k, axis=1)[:, :k]
        ids[start : start + 1000] = best
        distances[start : start + 1000] = np.maximum(0, 1 - np.take_along_axis(products, best, axis=1))
    return csr_matrix((distances.ravel(), ids.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n))


graph = neighbours()


def count(labels):
    return int((labels == -1).sum() + len(set(labels[labels != -1])))


def knn_dbscan():
    return count(DBSCAN(eps=0.5, min_samples=2, metric="precomputed").fit(graph).labels_)


def dbscan():
    return count(DBSCAN(eps=1, min_samples=2, n_jobs=int(threads)).fit(rows).labels_)


def hac(method):
    height = 1 if method != "average" else 0.5
    metric = "euclidean" if method != "average" else "cosine"
    return int(fcluster(linkage(rows, method, metric=metric), height, "distance").max())


def spectral():
    # 10 neighbours count the row itself
    settings = {"affinity": "nearest_neighbors", "n_neighbors": 10, "assign_labels": "kmeans", "n_init": 1}
    return count(SpectralClustering(clusters, n_components=32, random_state=1, **settings).fit(rows).labels_)


jobs = {
    "knn-dbscan": knn_dbscan,
    "dbscan": dbscan,
    "hac single": lambda: hac("single"),
    "hac average": lambda: hac("average"),
    "hac ward": lambda: hac("ward"),
    "spectral": spectral,
    "hdbscan": lambda: count(HDBSCAN(min_cluster_size=5, n_jobs=int(threads)).fit(rows).labels_),
    "mean-shift": lambda: count(MeanShift(bandwidth=0.8, n_jobs=int(threads)).fit(rows).labels_),
    "kmeans": lambda: KMeans(clusters, n_init=1, max_iter=10, tol=0, random_state=1).fit(rows).inertia_,
    "mini-batch-kmeans": lambda: MiniBatchKMeans(clusters, batch_size=1000, n_init=1, random_state=1).fit(rows).inertia_,
}
serve(lambda request: {"value": float(jobs[request["job"]]())})
