"""vegcn_torch.py FOLDER DIM K HIDDEN THREADS: the steps of GCN-V and GCN-E in the design of the paper's code, in torch.

The whole graph is one sparse COO tensor. Sub-graphs are cut out of a scipy matrix one at a time, made dense, and go through
the model one at a time; of GCN-E a tenth of them is done. Confidence targets are found in a loop over the instances.
"""

import sys
import time

import numpy as np
import scipy.sparse as sp
import torch
import torch.nn.functional as F
from serve import serve

folder = sys.argv[1]
dim, k, hidden, threads = map(int, sys.argv[2:])
torch.set_num_threads(threads)
half = hidden // 2
features = np.fromfile(f"{folder}/features.bin", dtype=np.float32).reshape(-1, dim)
n = len(features)
ids = np.fromfile(f"{folder}/ids.bin", dtype=np.int32).reshape(n, k)
similarities = np.fromfile(f"{folder}/similarities.bin", dtype=np.float32).reshape(n, k)
labels = np.fromfile(f"{folder}/labels.bin", dtype=np.int32)
confidences = np.fromfile(f"{folder}/confidences.bin", dtype=np.float32)


def normalised(matrix):
    sums = np.asarray(matrix.sum(axis=1)).ravel()
    return (sp.diags(1 / sums) @ matrix).tocsr().astype(np.float32)


def whole_graph():
    links = sp.csr_matrix((np.maximum(similarities, 0).ravel(), ids.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n))
    links.eliminate_zeros()
    return normalised(links.maximum(links.T) + sp.eye(n, dtype=np.float32))


def weights(name, shapes):
    values = torch.from_numpy(np.fromfile(f"{folder}/{name}", dtype=np.float32))
    sizes = [int(np.prod(shape)) for shape in shapes]
    return [part.reshape(shape) for part, shape in zip(values.split(sizes), shapes)]


def classifier(inputs, middle, outputs):
    return [(middle, inputs), (middle,), (middle,), (outputs, middle), (outputs,)]


shapes_v = [(2 * dim, hidden), (hidden,), *classifier(hidden, hidden, 1)]
shapes_e = [(2 * dim, hidden), (hidden,), (2 * hidden, hidden), (hidden,), (2 * hidden, half), (half,)]
shapes_e += [(2 * half, half), (half,), *classifier(half, half, 2)]
gcn_v, gcn_e = weights("weights-v.bin", shapes_v), weights("weights-e.bin", shapes_e)
adjacency = whole_graph()
coo = adjacency.tocoo()
sparse = torch.sparse_coo_tensor(np.stack([coo.row, coo.col]), coo.data, (n, n))
x = torch.from_numpy(features)
targets = torch.from_numpy(confidences)


def classify(h, w):
    return F.linear(F.prelu(F.linear(h, w[0], w[1]), w[2]), w[3], w[4])


def confidence(w):
    h = F.relu(torch.cat([x, torch.spmm(sparse, x)], dim=1) @ w[0] + w[1])
    return h, classify(h, w[2:]).view(-1)


def forward(_):
    with torch.no_grad():
        _hidden, confident = confidence(gcn_v)
    return {"value": float(confident.double().sum())}


learned = [torch.nn.Parameter(w.clone()) for w in gcn_v]
optimizer = torch.optim.SGD(learned, lr=0.01, momentum=0.9, weight_decay=1e-5)


def training_step(_):
    loss = F.mse_loss(confidence(learned)[1], targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return {"value": float(loss)}


def pivots():
    ignored = np.zeros(n, bool)
    ignored[np.argsort(confidences, kind="stable")[: int(n * 0.8)]] = True
    candidates = (confidences[ids] > confidences[:, None]).sum(axis=1)
    return np.flatnonzero(~ignored & (candidates >= 2))


def connectivity(_):
    """Sub-graphs and their forward pass, timed apart: every tenth of those that there are."""
    start = time.perf_counter()
    sample = pivots()[::10]
    graphs = []
    for pivot in sample:
        nodes = ids[pivot][confidences[ids[pivot]] > confidences[pivot]]
        part = np.asarray(normalised(adjacency[nodes, :][:, nodes]).todense())
        graphs.append((part, features[nodes] - features[pivot]))
    cut = time.perf_counter()
    value = 0.0
    with torch.no_grad():
        for part, rows in graphs:
            h, a = torch.from_numpy(rows)[None], torch.from_numpy(part)[None]
            for layer in range(4):
                w, b = gcn_e[2 * layer : 2 * layer + 2]
                h = F.relu(torch.cat([h, torch.bmm(a, h)], dim=2) @ w + b)
            out = F.log_softmax(classify(h.view(-1, half), gcn_e[8:]), dim=1)
            value += float(out.double().sum())
    return {"value": value, "graphs": len(sample), "cut": cut - start, "forward": time.perf_counter() - cut}


def confidence_targets(_):
    """s_nbr, by the labels of one instance's neighbours after the other."""
    label_of = dict(enumerate(labels.tolist()))
    result = np.zeros(n, np.float32)
    for i in range(n):
        same = np.array([label_of[j] for j in ids[i]]) == label_of[i]
        result[i] = 1 + similarities[i][same].sum() - similarities[i][~same].sum()
    result /= np.abs(result).max()
    return {"value": float(result.sum(dtype=np.float64))}


jobs = {
    "gcn-v forward": forward,
    "gcn-v training step": training_step,
    "gcn-e": connectivity,
    "targets": confidence_targets,
}
serve(lambda request: jobs[request["job"]](request))
