"""infomap_igraph.py NETWORK N: the undirected network in the file, by igraph; labels go to a file beside it."""

import random
import sys

import igraph
import numpy as np
from serve import serve

path, n = sys.argv[1:]
data = np.fromfile(path, dtype=np.int32)
links = len(data) // 3
pairs = data[: 2 * links].reshape(2, links).T.tolist()
weights = data[2 * links :].view(np.float32).astype(float).tolist()
graph = igraph.Graph(n=int(n), edges=pairs)


def job(request):
    random.seed(1)
    found = graph.community_infomap(edge_weights=weights, trials=1)
    np.array(found.membership, dtype=np.int32).tofile(f"{path}.labels")
    return {"modules": len(found)}


serve(job)
