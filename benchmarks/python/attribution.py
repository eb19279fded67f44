"""Captum's integrated gradients on the models of ../src/attribution/cases.ts.

    python attribution.py ROUNDS ROWS_AT_ONCE CASE...

Prints one line of JSON: the median of each case, in milliseconds.
"""

import json
import statistics
import sys
import time

import torch
from captum.attr import IntegratedGradients
from transformers import GPT2Config, GPT2LMHeadModel

ROUNDS, PIECE = int(sys.argv[1]), int(sys.argv[2])
STEPS, POSITIONS, IMAGES = 50, 32, 8
torch.manual_seed(0)


def measure(run):
    times = []
    for turn in range(-1, ROUNDS):
        start = time.perf_counter()
        run()
        if turn >= 0:
            times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


gpt2 = GPT2LMHeadModel(GPT2Config()).eval()
for parameter in gpt2.parameters():
    parameter.requires_grad_(False)
tokens = torch.tensor([[(i * 7919 + 13) % 50257 for i in range(POSITIONS)]])
embeddings = gpt2.transformer.wte(tokens)
at_embeddings = IntegratedGradients(lambda e: gpt2(inputs_embeds=e, use_cache=False).logits[:, -1])


def run_gpt2():
    at_embeddings.attribute(embeddings, target=5, n_steps=STEPS, internal_batch_size=PIECE)


cnn = torch.nn.Sequential(
    torch.nn.Conv2d(3, 32, 3, padding=1),
    torch.nn.ReLU(),
    torch.nn.MaxPool2d(2),
    torch.nn.Conv2d(32, 64, 3, padding=1),
    torch.nn.ReLU(),
    torch.nn.MaxPool2d(2),
    torch.nn.Flatten(),
    torch.nn.Linear(8 * 8 * 64, 10),
).eval()
for parameter in cnn.parameters():
    parameter.requires_grad_(False)
images = torch.randn(IMAGES, 3, 32, 32)
at_images = IntegratedGradients(cnn)


def run_cnn():
    at_images.attribute(images, target=3, n_steps=STEPS, internal_batch_size=PIECE * IMAGES)


cases = {"gpt2": run_gpt2, "cnn": run_cnn}
print(json.dumps({name: measure(cases[name]) for name in sys.argv[3:]}))
