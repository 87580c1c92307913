"""dsgcn_torch.py FOLDER DIM THRESHOLD THREADS: proposals, GCN-D and NMS in the design of the paper's code, in torch.

Super vertices are made of Python objects and sets. Each proposal becomes two compressed files, of its nodes and of its edges.
GCN-D finds them by their names; a process of its own reads them and makes dense matrices, padded to the largest of 256.
NMS reads the nodes once more and compares all pairs of sets.
"""

import sys
import time
from glob import glob
from os import makedirs
from os.path import join
from shutil import rmtree

import numpy as np
import torch
import torch.nn.functional as F
from serve import serve
from torch.utils.data import DataLoader, Dataset

folder = sys.argv[1]
dim, threshold, threads = int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
torch.set_num_threads(threads)
step, smallest, largest, levels, together = 0.05, 3, 300, 100, 256
features = np.fromfile(f"{folder}/features.bin", dtype=np.float32).reshape(-1, dim)
n = len(features)
ids = np.fromfile(f"{folder}/ids.bin", dtype=np.int32).reshape(n, -1)
similarities = np.fromfile(f"{folder}/similarities.bin", dtype=np.float32).reshape(ids.shape)
values = torch.from_numpy(np.fromfile(f"{folder}/weights.bin", dtype=np.float32))
first, second, last, bias = values.split([dim * 512, 512 * 64, 64, 1])
first, second = first.view(dim, 512), second.view(512, 64)


class Vertex:
    def __init__(self, name):
        self.name = name
        self.links = {}


def linked_pairs(least):
    """Each pair that is similar enough, once: the first that was met of those that both list."""
    anchors, places = np.nonzero(similarities >= least)
    pairs = np.sort(np.stack([anchors, ids[anchors, places]], axis=1), axis=1)
    pairs, found = np.unique(pairs, return_index=True, axis=0)
    return pairs, similarities[anchors, places][found]


def components(vertices, least, most):
    """Those of at most `most` vertices, and what is left of the others."""
    small, left = [], set()
    waiting = set(vertices)
    while waiting:
        start = waiting.pop()
        group, front = {start}, [start]
        while front:
            near = {other for other, score in front.pop().links.items() if score >= least}
            near &= waiting
            waiting -= near
            group |= near
            front.extend(near)
        if len(group) > most:
            left |= group
        else:
            small.append(group)
    return small, left


def super_vertices(least):
    pairs, scores = linked_pairs(least)
    vertices = {name: Vertex(name) for name in np.unique(pairs).tolist()}
    for (a, b), score in zip(pairs.tolist(), scores.tolist()):
        vertices[a].links[vertices[b]] = score
        vertices[b].links[vertices[a]] = score
    level = scores.min()
    groups, left = components(vertices.values(), level, largest)
    for _ in range(levels):
        if not left:
            break
        level += (1 - level) * step
        more, left = components(left, level, largest)
        groups += more
    if left:
        groups.append(left)
    return [sorted(vertex.name for vertex in group) for group in groups]


def write_proposals(groups, into):
    """Two files for each group that is large enough: its members, and the links among them, each pair once."""
    rmtree(into, ignore_errors=True)
    makedirs(into)
    written = 0
    for group in groups:
        if len(group) < smallest:
            continue
        inside, seen, edges = set(group), set(), []
        for a in group:
            for b, similarity in zip(ids[a].tolist(), similarities[a].tolist()):
                pair = (min(a, b), max(a, b))
                if b in inside and pair not in seen:
                    seen.add(pair)
                    edges.append((a, b, 1 - similarity))
        np.savez_compressed(join(into, f"{written}_node.npz"), data=np.array(group))
        np.savez_compressed(join(into, f"{written}_edge.npz"), data=np.array(edges))
        written += 1
    return written


def node_files(of):
    return sorted(glob(join(of, "*_node.npz")))


class Proposals(Dataset):
    def __init__(self, of):
        self.files = node_files(of)

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        nodes = np.load(self.files[index])["data"]
        edges = np.load(self.files[index].replace("_node", "_edge"))["data"]
        place = {node: at for at, node in enumerate(nodes.tolist())}
        adjacency = np.eye(len(nodes), dtype=np.float32)
        for a, b, distance in edges.reshape(-1, 3).tolist():
            u, v = place[int(a)], place[int(b)]
            adjacency[u, v] = adjacency[v, u] = 1 - distance
        adjacency /= adjacency.sum(axis=1, keepdims=True)
        return features[nodes], adjacency


def padded(items):
    rows = max(len(x) for x, _ in items)
    x = np.zeros((len(items), rows, dim), np.float32)
    a = np.tile(np.eye(rows, dtype=np.float32), (len(items), 1, 1))
    for at, (own, adjacency) in enumerate(items):
        size = len(own)
        x[at, :size] = own
        a[at, :size, :size] = adjacency
    return torch.from_numpy(x), torch.from_numpy(a)


def convolved(x, a, weight):
    return F.relu(torch.bmm(a, x @ weight) / a.sum(dim=2, keepdim=True))


def gcn_d(of):
    scores = []
    with torch.no_grad():
        for x, a in DataLoader(Proposals(of), together, num_workers=1, collate_fn=padded):
            pooled = convolved(convolved(x, a, first), a, second).max(dim=1).values
            scores.append(pooled @ last + bias)
    return torch.cat(scores).numpy()


def iou(a, b):
    return len(a & b) / len(a | b)


def best_first(of, scores, most):
    """Labels of all instances: that of their best proposal, or their own."""
    files = node_files(of)
    sets = [set(np.load(files[p])["data"].tolist()) for p in np.argsort(-scores, kind="stable")]
    gone = set()
    for at, own in enumerate(sets if most < 1 else []):
        if at in gone:
            continue
        for other in range(at + 1, len(sets)):
            if other not in gone and iou(own, sets[other]) > most:
                gone.add(other)
    labels = {}
    for at, own in enumerate(sets):
        if at not in gone:
            for node in own:
                labels.setdefault(node, at)
    return len(set(labels.values())) + n - len(labels)


base, whole, overlapping = (join(folder, name) for name in ("base", "whole", "overlapping"))
write_proposals(super_vertices(threshold), base)


def overlapping_scores():
    """The proposals of several thresholds, written as they would be there, and their scores."""
    offsets = np.fromfile(f"{folder}/offsets.bin", dtype=np.int32)
    members = np.fromfile(f"{folder}/members.bin", dtype=np.int32)
    scores = np.fromfile(f"{folder}/scores.bin", dtype=np.float32)
    makedirs(overlapping)
    for p in range(len(scores)):
        np.savez_compressed(join(overlapping, f"{p:06d}_node.npz"), data=members[offsets[p] : offsets[p + 1]])
    return scores


several_scores = overlapping_scores()
base_scores = gcn_d(base)


def path(_):
    marks = [time.perf_counter()]

    def mark(result):
        marks.append(time.perf_counter())
        return result

    groups = mark(super_vertices(threshold))
    mark(write_proposals(groups, whole))
    scores = mark(gcn_d(whole))
    clusters = mark(best_first(whole, scores, 1))
    return {"value": clusters, "parts": [after - before for before, after in zip(marks, marks[1:])]}


jobs = {
    "super vertices": lambda _: {"value": len(super_vertices(threshold))},
    "proposals": lambda _: {"value": write_proposals(super_vertices(threshold), whole)},
    "gcn-d": lambda _: {"value": float(gcn_d(base).sum(dtype=np.float64))},
    "nms": lambda _: {"value": best_first(base, base_scores, 0.7)},
    "nms of overlapping": lambda _: {"value": best_first(overlapping, several_scores, 0.7)},
    "path": path,
}
serve(lambda request: jobs[request["job"]](request))
