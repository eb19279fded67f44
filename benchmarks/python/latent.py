"""The cases of ../src/latent/cases.ts with tdhook, PyTorch and scikit-learn.

    python latent.py

Greets with one line of JSON; then runs each case that a line of its input names, and prints its milliseconds.
"""

import json
import sys
import time
from importlib.metadata import version

import torch
from sklearn.linear_model import LogisticRegression
from tdhook.latent import CkaEstimator, InformationImbalanceEstimator, TwoNnDimensionEstimator
from tensordict import TensorDict

POINTS, WIDTH, SITES, ROWS, FEATURES, ENCODED = 10_000, 512, 24, 2_000, 16_384, 4_096
torch.manual_seed(0)
torch.set_grad_enabled(False)
x = torch.randn(POINTS, WIDTH)
y = x + torch.randn(POINTS, WIDTH)
pair = TensorDict({"data": x, "data_a": x, "data_b": y}, batch_size=[])
sites = [torch.randn(ROWS, WIDTH) for _ in range(SITES)]
labels = [((site @ torch.randn(WIDTH) + 12 * torch.randn(ROWS)) > 0).int().numpy() for site in sites]
w_enc, b_enc, b_dec = torch.randn(WIDTH, FEATURES), torch.randn(FEATURES), torch.randn(WIDTH)
rows = torch.randn(ENCODED, WIDTH)


def probes():
    for site, label in zip(sites, labels):
        LogisticRegression(max_iter=1000).fit(site.numpy(), label)


cases = {
    "CKA": lambda: CkaEstimator()(pair),
    "TwoNN": lambda: TwoNnDimensionEstimator()(pair),
    "information imbalance": lambda: InformationImbalanceEstimator()(pair),
    "24 logistic probes": probes,
    "SAE encode": lambda: torch.relu((rows - b_dec) @ w_enc + b_enc),
}
packages = ("tdhook", "torch", "scikit-learn")
print(json.dumps({"name": "python", "versions": {p: version(p) for p in packages}, "cases": list(cases)}), flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    cases[line.strip()]()
    print(1e3 * (time.perf_counter() - start), flush=True)
