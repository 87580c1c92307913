"""spmm_scipy.py OFFSETS INDICES WEIGHTS X DIM: a CSR matrix of scipy (raw int32, int32, float32) times a dense one."""

import sys

import numpy as np
from scipy.sparse import csr_matrix
from serve import serve

offsets, indices, weights, x = (
    np.fromfile(path, dtype=kind)
    for path, kind in zip(sys.argv[1:5], (np.int32, np.int32, np.float32, np.float32))
)
x = x.reshape(-1, int(sys.argv[5]))
matrix = csr_matrix((weights, indices, offsets), shape=(len(offsets) - 1, len(x)))


def job(_):
    matrix @ x
    return {}


serve(job)
