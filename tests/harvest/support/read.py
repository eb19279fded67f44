"""Reads a harvest as others would: python read.py FOLDER, prints JSON of what it found."""

import json
import pathlib
import sys

import numpy
from safetensors import safe_open

folder = pathlib.Path(sys.argv[1])
manifest = json.loads((folder / "manifest.json").read_text())
found = {"items": len(manifest["records"]), "rows": manifest["rows"], "dense": [], "sparse": []}
for record in manifest["records"]:
    with safe_open(folder / "shards" / (record["shard"] + ".safetensors"), "numpy") as shard:
        site = shard.get_slice("fwd/blocks.1.hook_resid_post")
        found["dense"] += site[0:1].astype(numpy.float32).reshape(-1)[:8].tolist()
        names = list(shard.keys())
        sparse = sorted(name[: -len(".offsets")] for name in names if name.endswith(".offsets"))
        for name in sparse:
            try:
                from scipy.sparse import csr_matrix
            except ImportError:
                continue
            values = shard.get_tensor(name + ".values").astype(numpy.float32)
            indices = shard.get_tensor(name + ".indices").astype(numpy.int64)
            offsets = shard.get_tensor(name + ".offsets").astype(numpy.int64)
            matrix = csr_matrix((values, indices, offsets))
            found["sparse"].append([name, matrix.shape[0], float(matrix.sum())])
print(json.dumps(found))
