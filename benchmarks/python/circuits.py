"""TransformerLens's patching sweeps and edge attribution, at GPT-2 small's shape with random weights.

    python circuits.py POSITIONS THREADS CELLS

Prints one line of JSON (name, versions, cases) when it is warm; then runs the case that each line of standard input names and prints how
long it took, in milliseconds. The five tables of heads by position are 10,800 forward passes at 15 positions: CELLS of them run, spread
evenly over tables and layers, and what they take is scaled to all.
"""

import contextlib
import json
import logging
import os
import sys
import time
from importlib.metadata import version

os.environ["TQDM_DISABLE"] = "1"
import pandas
import torch
from transformers import GPT2Config, GPT2LMHeadModel

POSITIONS, THREADS, CELLS = (int(arg) for arg in sys.argv[1:4])
D_VOCAB, LAYERS, HEADS = 50257, 12, 12
torch.set_num_threads(THREADS)
torch.manual_seed(1)
logging.disable(logging.WARNING)

with contextlib.redirect_stdout(sys.stderr):
    from transformer_lens import patching
    from transformer_lens.model_bridge.sources._bridge_builder import build_bridge_from_module
    from transformer_lens.tools.analysis.attribution_patching import EdgeAttributionConfig, attribution_patch

    config = GPT2Config()
    hf = GPT2LMHeadModel._from_config(config, attn_implementation="eager").eval()
    model = build_bridge_from_module(hf, "GPT2LMHeadModel", hf_config=config).eval()


def ids(first):
    return torch.tensor([[(first + i * 7919) % D_VOCAB for i in range(POSITIONS)]])


CLEAN, CORRUPT = ids(13), ids(29)


def metric(logits):
    return logits[0, -1, 3] - logits[0, -1, 5]


@torch.no_grad()
def forward():
    model(CORRUPT)


def cache():
    with torch.no_grad():
        return model.run_with_cache(CLEAN)[1]


@torch.no_grad()
def resid_pre():
    patching.get_act_patch_resid_pre(model, CORRUPT, cache(), metric)


TABLES = {
    "get_act_patch_attn_head_out_by_pos": ["layer", "pos", "head"],
    "get_act_patch_attn_head_q_by_pos": ["layer", "pos", "head"],
    "get_act_patch_attn_head_k_by_pos": ["layer", "pos", "head"],
    "get_act_patch_attn_head_v_by_pos": ["layer", "pos", "head"],
    "get_act_patch_attn_head_pattern_by_pos": ["layer", "head_index", "dest_pos"],
}


@torch.no_grad()
def heads():
    """By `generic_activation_patch` on some indices: what `get_act_patch_attn_head_by_pos_every` does on all."""
    kept = cache()
    some = max(1, CELLS // len(TABLES))
    for name, axes in TABLES.items():
        whole = getattr(patching, name)
        index = pandas.DataFrame(
            [[i * LAYERS // some, i % POSITIONS, i % HEADS] if "pos" in axes else [i * LAYERS // some, i % HEADS, i % POSITIONS]
             for i in range(some)],
            columns=axes,
        )
        keywords = dict(whole.keywords, index_axis_names=None, index_df=index)
        whole.func(model, CORRUPT, kept, metric, **keywords)
    return len(TABLES) * LAYERS * POSITIONS * HEADS / (some * len(TABLES))


def eap():
    with torch.enable_grad():
        attribution_patch(model, CLEAN, CORRUPT, metric, EdgeAttributionConfig(granularity="edge"))


CASES = {"forward": forward, "resid_pre": resid_pre, "heads": heads, "eap": eap}
forward()
print(json.dumps({"name": "transformer_lens", "versions": {each: version(each) for each in ("transformer-lens", "torch")}, "cases": list(CASES)}), flush=True)
for line in sys.stdin:
    with contextlib.redirect_stdout(sys.stderr):
        start = time.perf_counter()
        scale = CASES[line.strip()]() or 1
        taken = 1e3 * (time.perf_counter() - start) * scale
    print(taken, flush=True)
