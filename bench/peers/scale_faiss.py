"""scale_faiss.py FEATURES DIM K: what faiss takes for the neighbours of all, from a sample of queries."""

import sys
import time

import faiss
import numpy as np
from serve import serve

path, dim, k = sys.argv[1], *map(int, sys.argv[2:])
features = np.fromfile(path, dtype=np.float32).reshape(-1, dim)
n = len(features)
queries = 1000
near_similarity = 0.4
faiss.omp_set_num_threads(1)
sample = (np.arange(queries) * n) // queries
rows = features[sample]
state = {}


def timed(search):
    start = time.process_time()
    result = search()
    return result, (time.process_time() - start) * n / queries


def flat(_):
    index = faiss.IndexFlatIP(dim)
    index.add(features)
    (similarities, ids), seconds = timed(lambda: index.search(rows, k + 1))
    state["truth"] = ids, similarities
    return {"seconds": seconds}


def recalls(found):
    """Of near and of all true neighbours; each query finds itself, too, in both."""
    ids, similarities = state["truth"]
    hits = near_hits = near = 0
    for q in range(queries):
        listed = np.isin(ids[q], found[q])
        others = ids[q] != sample[q]
        is_near = others & (similarities[q] >= near_similarity)
        hits += (listed & others).sum()
        near += is_near.sum()
        near_hits += (listed & is_near).sum()
    return near_hits / near, hits / (queries * k)


def ivf(request):
    """The fewest probes that reach the recall of near neighbours that is asked for."""
    cells = request["cells"]
    start = time.process_time()
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dim), dim, cells, faiss.METRIC_INNER_PRODUCT)
    index.train(features)
    index.add(features)
    build = time.process_time() - start

    def attempt(probes):
        index.nprobe = probes
        (_, found), seconds = timed(lambda: index.search(rows, k + 1))
        return *recalls(found), seconds

    low, high = 0, 1
    while attempt(high)[0] < request["near"] and high < cells:
        low, high = high, min(cells, 2 * high)
    while high - low > max(1, high // 8):
        middle = (low + high) // 2
        if attempt(middle)[0] < request["near"]:
            low = middle
        else:
            high = middle
    near, everything, seconds = attempt(high)
    return {"probes": high, "near": near, "all": everything, "build": build, "seconds": build + seconds}


serve(lambda request: {"flat": flat, "ivf": ivf}[request["job"]](request))
