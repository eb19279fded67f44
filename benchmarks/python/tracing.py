"""What nnsight's trace costs over the raw pass of 32 blocks that compute nothing: the cases of ../src/tracing/cases.ts.

    python tracing.py ROUNDS

Prints one line of JSON: the median of each case, in microseconds.
"""

import json
import statistics
import sys
import time

import torch
from nnsight import NNsight

torch.set_grad_enabled(False)


class Blocks(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.h = torch.nn.ModuleList([torch.nn.Identity() for _ in range(32)])

    def forward(self, x):
        for block in self.h:
            x = block(x)
        return x


raw_model = Blocks()
model = NNsight(raw_model)
x = torch.ones(1, 8)
COUNTS = [0, 1, 2, 4, 8, 16, 32]


def hook():
    handles = [block.register_forward_hook(lambda *_: None) for block in raw_model.h]
    raw_model(x)
    for handle in handles:
        handle.remove()


def invokes(count):
    with model.trace() as tracer:
        with tracer.invoke(x):
            pass
        for _ in range(count):
            with tracer.invoke():
                pass


def reads(count):
    with model.trace(x):
        for i in range(count):
            value = model.h[i].output


def saves(count):
    with model.trace(x):
        for i in range(count):
            value = model.h[i].output.save()


cases = {"raw": lambda: raw_model(x), "hook": hook}
for n in COUNTS:
    cases[f"invokes {n}"] = lambda n=n: invokes(n)
    cases[f"reads {n}"] = lambda n=n: reads(n)
    cases[f"saves {n}"] = lambda n=n: saves(n)

WARMUPS = 300  # as many as ours
times = {name: [] for name in cases}
for turn in range(-WARMUPS, int(sys.argv[1])):
    for name, run in cases.items():
        start = time.perf_counter()
        run()
        if turn >= 0:
            times[name].append(1e6 * (time.perf_counter() - start))
print(json.dumps({name: statistics.median(list_) for name, list_ in times.items()}))
