"""knn_faiss.py FEATURES DIM K THREADS: exact neighbours by faiss, IndexFlatIP. It finds the instance itself, too: k + 1."""

import sys

import faiss
import numpy as np
from serve import serve

path, dim, k, threads = sys.argv[1], *map(int, sys.argv[2:])
features = np.fromfile(path, dtype=np.float32).reshape(-1, dim)
faiss.omp_set_num_threads(threads)


def job(_):
    index = faiss.IndexFlatIP(dim)
    index.add(features)
    similarities, _ids = index.search(features, k + 1)
    return {"sum": float(similarities[:, 1:].sum(dtype=np.float64))}


serve(job)
