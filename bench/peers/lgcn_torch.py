"""lgcn_torch.py FOLDER DIM K HIDDEN THREADS EVERY PIVOTS: L-GCN in the design of the paper's code, in torch.

Sub-graphs are made of Python sets, one instance at a time, as dense matrices that are filled up to the largest there can be,
and go through the model in batches of 16. Of PIVOTS instances, one in EVERY.
"""

import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from serve import serve

folder = sys.argv[1]
dim, k, hidden, threads, every, pivots = map(int, sys.argv[2:])
torch.set_num_threads(threads)
half = hidden // 2
second, active, size = 10, 10, 16
rows = k * (second + 1) + 1
features = np.fromfile(f"{folder}/features.bin", dtype=np.float32).reshape(-1, dim)
ids = np.fromfile(f"{folder}/ids.bin", dtype=np.int32).reshape(len(features), k)

shapes = [(dim,), (dim,), (2 * dim, hidden), (hidden,), (2 * hidden, hidden), (hidden,), (2 * hidden, half), (half,)]
shapes += [(2 * half, half), (half,), (half, half), (half,), (half,), (2, half), (2,)]
values = torch.from_numpy(np.fromfile(f"{folder}/weights.bin", dtype=np.float32))
parts = [part.reshape(shape) for part, shape in zip(values.split([int(np.prod(s)) for s in shapes]), shapes)]
mean, variance, *w = parts


def sub_graph(pivot):
    hop = ids[pivot].tolist()
    nodes = set(hop) | {pivot}
    for h in hop:
        nodes.update(ids[h][:second].tolist())
    nodes = list(nodes)
    place = {node: at for at, node in enumerate(nodes)}
    x = np.zeros((rows, dim), np.float32)
    x[: len(nodes)] = features[nodes] - features[pivot]
    a = np.zeros((rows, rows), np.float32)
    for node in nodes:
        for other in ids[node][:active].tolist():
            if other in place:
                a[place[node], place[other]] = a[place[other], place[node]] = 1
    a[: len(nodes)] /= a[: len(nodes)].sum(axis=1, keepdims=True)
    return x, a, [place[h] for h in hop]


def forward(x, a, hops):
    h = F.batch_norm(x.view(-1, dim), mean, variance, eps=1e-5).view(x.shape)
    for layer in range(4):
        h = F.relu(torch.cat([h, torch.bmm(a, h)], dim=2) @ w[2 * layer] + w[2 * layer + 1])
    h = torch.gather(h, 1, hops[:, :, None].expand(-1, -1, half)).view(-1, half)
    return F.softmax(F.linear(F.prelu(F.linear(h, w[8], w[9]), w[10]), w[11], w[12]), dim=1)[:, 1]


def linkage(_):
    """Making the sub-graphs and the forward pass, timed apart."""
    made = passed = value = 0.0
    with torch.no_grad():
        for first in range(0, pivots, size):
            start = time.perf_counter()
            graphs = [sub_graph(every * p) for p in range(first, min(pivots, first + size))]
            x, a, hops = (np.stack([np.asarray(graph[part]) for graph in graphs]) for part in range(3))
            between = time.perf_counter()
            value += float(forward(torch.from_numpy(x), torch.from_numpy(a), torch.from_numpy(hops)).double().sum())
            made += between - start
            passed += time.perf_counter() - between
    return {"value": value, "made": made, "passed": passed}


serve(linkage)
