"""One peer of the comparison: the GPT-2-small shape with random weights; forward passes of one prompt, or greedy tokens
after it, 64 for one row and for eight unless others are named.

    python peer.py NAME TOKENS THREADS [forward | generation NEW ROWS]

Prints one line of JSON (name, versions, cases) when it is warm; then runs the case that each line of standard input names
and prints how long it took, in milliseconds.
"""

import contextlib
import json
import sys
import time
from importlib.metadata import version

import torch

NAME, TOKENS, THREADS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
D_VOCAB = 50257
torch.set_num_threads(THREADS)
torch.manual_seed(1)
torch.set_grad_enabled(False)
WHAT, GENERATED, BATCHES = (sys.argv[4:] + ["forward", "64", "1,8"][len(sys.argv) - 4 :])[:3]
GENERATED, BATCHES = int(GENERATED), [int(rows) for rows in BATCHES.split(",")]
IS_GENERATION = WHAT == "generation"
PROMPT = torch.tensor([[(i * 7919 + 13) % D_VOCAB for i in range(TOKENS)]])


def hugging_face_gpt2():
    from transformers import GPT2Config, GPT2LMHeadModel

    return GPT2LMHeadModel(GPT2Config()).eval()


def pytorch():
    """transformers' GPT-2, and a forward hook that keeps the output of every submodule."""
    model = hugging_face_gpt2()

    def captured():
        kept = {}
        handles = [
            module.register_forward_hook(lambda _m, _i, output, name=name: kept.__setitem__(name, output))
            for name, module in model.named_modules()
        ]
        model(PROMPT)
        for handle in handles:
            handle.remove()

    def generated(rows):
        model.generate(
            PROMPT.repeat(rows, 1),
            attention_mask=torch.ones(rows, TOKENS, dtype=torch.long),
            max_new_tokens=GENERATED,
            min_new_tokens=GENERATED,
            do_sample=False,
            pad_token_id=0,
        )

    def generated_captured(rows):
        kept = {}
        handles = [
            module.register_forward_hook(lambda _m, _i, output, name=name: kept.__setitem__(name, output))
            for name, module in model.named_modules()
        ]
        generated(rows)
        for handle in handles:
            handle.remove()

    if IS_GENERATION:
        return by_batch(generated, generated_captured)
    return {"bare": lambda: model(PROMPT), "captured": captured}


def by_batch(generated, captured):
    """Cases of generation, for each number of rows."""
    return {
        f"{name} {rows}": lambda run=run, rows=rows: run(rows)
        for rows in BATCHES
        for name, run in {"bare": generated, "captured": captured}.items()
    }


def transformer_lens():
    """Its GPT-2, and `run_with_cache` of every hook point: a `TransformerBridge` from 4.0 on, where there is no `HookedTransformer`."""
    with contextlib.redirect_stdout(sys.stderr):
        model = hooked_transformer() if int(version("transformer-lens").split(".")[0]) < 4 else transformer_bridge()

    def generated(rows):
        model.generate(
            PROMPT.repeat(rows, 1),
            max_new_tokens=GENERATED,
            do_sample=False,
            stop_at_eos=False,
            prepend_bos=False,
            verbose=False,
        )

    def generated_captured(rows):
        model.add_caching_hooks()
        generated(rows)
        model.reset_hooks()

    def generated_with_hooks(rows):
        kept = {}

        def keep(value, hook):
            kept[hook.name] = value

        with model.hooks(fwd_hooks=[(lambda _name: True, keep)]):
            generated(rows)

    if IS_GENERATION:
        return by_batch(generated, generated_captured if hasattr(model, "add_caching_hooks") else generated_with_hooks)
    return {"bare": lambda: model(PROMPT), "captured": lambda: model.run_with_cache(PROMPT)}


def hooked_transformer():
    from transformer_lens import HookedTransformer, HookedTransformerConfig

    config = HookedTransformerConfig(
        n_layers=12,
        n_heads=12,
        d_model=768,
        d_head=64,
        d_mlp=3072,
        d_vocab=D_VOCAB,
        n_ctx=1024,
        act_fn="gelu_new",
        normalization_type="LN",
        device="cpu",
    )
    return HookedTransformer(config)


def transformer_bridge():
    from transformer_lens.model_bridge.sources._bridge_builder import build_bridge_from_module
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config()
    model = GPT2LMHeadModel._from_config(config, attn_implementation="eager").eval()
    return build_bridge_from_module(model, "GPT2LMHeadModel", hf_config=config).eval()


def nnsight():
    """transformers' GPT-2 in an envoy, and a trace that saves the output of every block, attention and MLP."""
    from nnsight import NNsight

    model = NNsight(hugging_face_gpt2())

    def captured():
        kept = []
        with model.trace(PROMPT):
            for block in model.transformer.h:
                kept.append(block.attn.output.save())
                kept.append(block.mlp.output.save())
                kept.append(block.output.save())

    return {"bare": lambda: model._module(PROMPT), "captured": captured}


def tdhook():
    """transformers' GPT-2 under `ActivationCaching` of every submodule of the blocks that gives one tensor."""
    from tdhook.latent.activation_caching import ActivationCaching
    from tensordict import TensorDict

    model = hugging_face_gpt2()

    def captured():
        with ActivationCaching(r"transformer\.h\.\d+\.(ln_1|ln_2|mlp|attn\.c_attn|attn\.c_proj|mlp\.\w+)").prepare(model, in_keys=["input_ids"], out_keys=["output"]) as hooked:
            hooked(TensorDict({"input_ids": PROMPT}, batch_size=[1]))

    return {"bare": lambda: model(PROMPT), "captured": captured}


PACKAGES = {
    "pytorch": ["torch", "transformers"],
    "transformer_lens": ["transformer-lens", "transformers", "torch"],
    "nnsight": ["nnsight", "torch"],
    "tdhook": ["tdhook", "torch"],
}
MAKERS = {"pytorch": pytorch, "transformer_lens": transformer_lens, "nnsight": nnsight, "tdhook": tdhook}

cases = MAKERS[NAME]()
for case in cases.values():
    case()
print(json.dumps({"name": NAME, "versions": {p: version(p) for p in PACKAGES[NAME]}, "cases": list(cases)}), flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    cases[line.strip()]()
    print((time.perf_counter() - start) * 1000, flush=True)
