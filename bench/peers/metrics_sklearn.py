"""metrics_sklearn.py TRUTH PREDICTED: metrics of two label arrays (raw int32) by scikit-learn, which has no BCubed."""

import sys

import numpy as np
from serve import serve
from sklearn.metrics import normalized_mutual_info_score
from sklearn.metrics.cluster import pair_confusion_matrix

truth, predicted = (np.fromfile(path, dtype=np.int32) for path in sys.argv[1:])


def pairwise_f():
    (_, false_positives), (false_negatives, true_positives) = pair_confusion_matrix(truth, predicted)
    return 2 * true_positives / (2 * true_positives + false_positives + false_negatives)


metrics = {"pairwise": pairwise_f, "nmi": lambda: normalized_mutual_info_score(truth, predicted)}
serve(lambda request: {"value": float(metrics[request["metric"]]())})
