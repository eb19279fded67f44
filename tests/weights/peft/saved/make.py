"""Saves adapters by PEFT, with the logits of the adapted models: python make.py FAMILIES, with torch, transformers and peft."""

import json
import sys
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

CASES = {
    "gpt2-dora": ("gpt2", dict(target_modules=["c_attn", "c_fc"], fan_in_fan_out=True, use_dora=True)),
    "gpt2-expressions": (
        "gpt2",
        dict(
            target_modules=r".*h\.\d+\.(attn|mlp)\.c_(attn|fc)",
            fan_in_fan_out=True,
            use_rslora=True,
            rank_pattern={r"h\.[01]\.mlp\.c_fc": 3},
            alpha_pattern={r".*attn\.c_.*": 9, "c_fc": 5},
        ),
    ),
    "llama-embeddings": ("llama", dict(target_modules=["embed_tokens", "q_proj", "lm_head"])),
    "gpt-neox-dora": ("gpt-neox", dict(target_modules=["query_key_value", "dense"], use_dora=True)),
    "llama-pissa": ("llama", dict(target_modules=["q_proj"], init_lora_weights="pissa")),
}
IDS = [[14, 61, 8, 67, 38, 5]]

for seed, (name, (family, options)) in enumerate(CASES.items()):
    torch.manual_seed(seed)
    base = AutoModelForCausalLM.from_pretrained(Path(sys.argv[1]) / family, dtype=torch.float32)
    model = get_peft_model(base, LoraConfig(task_type="CAUSAL_LM", r=2, lora_alpha=3, **options)).eval()
    with torch.no_grad():
        for path, weight in model.named_parameters():
            if "magnitude" in path:
                weight.mul_(1 + 0.3 * torch.rand_like(weight))
            elif "lora_" in path:
                weight.add_(0.2 * torch.randn_like(weight))
        logits = model(torch.tensor(IDS)).logits[0, -1]
    folder = Path(__file__).parent / name
    model.save_pretrained(folder)
    (folder / "README.md").unlink()
    config = json.loads((folder / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = family
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    wanted = {"family": family, "ids": IDS, "last": logits.tolist()}
    (folder / "wanted.json").write_text(json.dumps(wanted) + "\n")
