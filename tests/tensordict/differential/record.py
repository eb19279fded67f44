"""Records random programs over Python's tensordict, and what each gives, into programs.json beside this file.

Run it where `pip install tensordict torch` was run: python3 record.py
The test differential.test.ts runs the same programs here, without Python.
"""

import json
import random
import warnings
from pathlib import Path

import tensordict
import torch
from tensordict import TensorDict
from tensordict.nn import TensorDictModule, TensorDictSequential

warnings.simplefilter("ignore")
PROGRAMS = 1300
FLOATS = [-2.0, -1.0, -0.5, 0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0]
rng = random.Random(7)


def values(dtype, count):
    if dtype == "float32":
        return [rng.choice(FLOATS) for _ in range(count)]
    if dtype == "int32":
        return [rng.randint(-4, 6) for _ in range(count)]
    return [rng.random() < 0.6 for _ in range(count)]


def leaf(dtype, shape):
    count = 1
    for size in shape:
        count *= size
    return {"dtype": dtype, "shape": list(shape), "values": values(dtype, count)}


def tensor(spec):
    kinds = {"float32": torch.float32, "int32": torch.int64, "bool": torch.bool}
    return torch.tensor(spec["values"], dtype=kinds[spec["dtype"]]).reshape(spec["shape"])


def subject(dtype, batch):
    """A tree: one leaf of the batch, one with a dim more, one in a nested dict with a batch dim more."""
    return {
        "batch": batch,
        "x": leaf(dtype, batch + [2]),
        "y": leaf(dtype, batch),
        "nested": {"batch": batch + [2], "z": leaf(dtype, batch + [2, 2])},
    }


def build(spec):
    inner = TensorDict({"z": tensor(spec["nested"]["z"])}, spec["nested"]["batch"])
    return TensorDict({"x": tensor(spec["x"]), "y": tensor(spec["y"]), "nested": inner}, spec["batch"])



def describe(td):
    names = {torch.float32: "float32", torch.int64: "int32", torch.bool: "bool"}
    leaves = {}
    for key, value in td.items(True, True):
        path = "/".join(key if isinstance(key, tuple) else (key,))
        flat = [round(item, 5) if isinstance(item, float) and item == item else item for item in value.flatten().tolist()]
        leaves[path] = [names[value.dtype], list(value.shape), [repr(item) if isinstance(item, float) and (item != item or abs(item) == float("inf")) else item for item in flat]]
    return {"batch": list(td.batch_size), "leaves": leaves}


def index(batch):
    parts = []
    for size in batch[: rng.randint(1, len(batch))]:
        kind = rng.randrange(6)
        if kind == 0:
            parts.append(rng.randint(-size - 1, size))
        elif kind == 1:
            parts.append({"start": rng.randint(-size - 1, size), "end": rng.randint(-size - 1, size + 1), "step": rng.randint(1, 2)})
        elif kind == 2:
            parts.append([rng.randint(-size, size - 1) for _ in range(2)])
        elif kind == 3:
            parts.append([[rng.randint(0, size - 1)] for _ in range(2)])
        elif kind == 4:
            parts.append([rng.random() < 0.5 for _ in range(size)])
        else:
            parts.append({})
    return parts


def to_python(parts):
    def one(part):
        if isinstance(part, dict):
            return slice(part.get("start"), part.get("end"), part.get("step"))
        return torch.tensor(part) if isinstance(part, list) else part

    return tuple(one(part) for part in parts)


def shape_step(batch):
    rank = len(batch)
    name = rng.choice(["at", "at", "at", "reshape", "flatten", "unsqueeze", "squeeze", "transpose", "permute", "expand", "split", "chunk", "unbind", "flip", "roll", "repeat", "repeatInterleave", "gather"])
    dim = rng.randint(-rank, rank - 1)
    if name == "at":
        return [name, index(batch)]
    if name == "reshape":
        return [name, rng.choice([[-1], [2, -1], [1, -1], [3, 2], [4]])]
    if name == "flatten":
        return [name]
    if name == "unsqueeze":
        return [name, rng.randint(-rank - 1, rank)]
    if name in ("squeeze", "unbind", "flip"):
        return [name, dim]
    if name == "transpose":
        return [name, dim, rng.randint(-rank, rank - 1)]
    if name == "permute":
        return [name, rng.sample(range(rank), rank)]
    if name == "expand":
        return [name, rng.choice([[2] + batch, [2] * rank, [3] + batch])]
    if name == "split":
        return [name, rng.choice([1, 2]), dim]
    if name == "chunk":
        return [name, rng.choice([1, 2, 3]), dim]
    if name == "roll":
        return [name, rng.randint(-2, 3), dim]
    if name == "repeat":
        return [name, [rng.randint(1, 2) for _ in batch]]
    if name == "repeatInterleave":
        return [name, rng.randint(1, 2), dim]
    return [name, dim, leaf("int32", batch)["shape"], [rng.randint(0, batch[dim] - 1) for _ in range(torch.Size(batch).numel())]]


def run_shape(td, step):
    name, *args = step
    if name == "at":
        return td[to_python(args[0])]
    if name == "flatten":
        return td.flatten(0, -1)
    if name in ("split", "chunk", "unbind"):
        return getattr(td, name)(*args)[-1]
    if name == "flip":
        return td.flip(args[0])
    if name == "repeat":
        return td.repeat(*args[0])
    if name == "repeatInterleave":
        return td.repeat_interleave(args[0], dim=args[1])
    if name == "expand":
        return td.expand(*args[0])
    if name == "reshape":
        return td.reshape(*args[0])
    if name == "permute":
        return td.permute(*args[0])
    if name == "gather":
        return td.gather(args[0], torch.tensor(args[2]).reshape(args[1]))
    return getattr(td, name)(*args)


def math_step(batch, dtype):
    kind = rng.randrange(7)
    dims = rng.choice([None, "feature", 0, -1, list(range(len(batch)))])
    if kind == 0:
        return ["combine", rng.choice(["add", "sub", "mul", "div", "pow"]), rng.choice([2, -1, 0.5])]
    if kind == 1:
        return ["combineTree", rng.choice(["add", "sub", "mul", "div"]), subject(dtype, batch)]
    if kind == 2:
        return ["combineTensor", rng.choice(["add", "sub", "mul", "div"]), leaf(dtype, rng.choice([batch, batch[-1:], [1], [2] + batch]))]
    if kind == 3:
        return ["unary", rng.choice(["neg", "abs"])]
    if kind == 4:
        return ["compare", rng.choice(["eq", "ne", "lt", "le", "gt", "ge"]), rng.choice([0, 1, 0.5])]
    if kind == 5:
        name = rng.choice(["sum", "mean", "prod", "std", "var", "max", "min", "any", "all", "logSumExp", "nanSum", "nanMean"])
        return ["reduce", name, dims, rng.random() < 0.3 and isinstance(dims, int)]
    return ["softmax", rng.randint(-len(batch), len(batch) - 1)]


PYTHON = {"logSumExp": "logsumexp", "nanSum": "nansum", "nanMean": "nanmean", "max": "amax", "min": "amin"}
OPERATORS = {"eq": "__eq__", "ne": "__ne__", "lt": "__lt__", "le": "__le__", "gt": "__gt__", "ge": "__ge__"}


def run_math(td, step):
    kind, *args = step
    if kind == "combine":
        return getattr(td, args[0])(args[1])
    if kind == "combineTree":
        return getattr(td, args[0])(build(args[1]))
    if kind == "combineTensor":
        return getattr(td, args[0])(tensor(args[1]))
    if kind == "unary":
        return getattr(td, args[0])()
    if kind == "compare":
        return getattr(td, OPERATORS[args[0]])(args[1])
    if kind == "softmax":
        return td.softmax(args[0])
    name, dims, keep = args
    options = {"keepdim": True} if keep else {}
    if dims is None:
        return td.apply(lambda value: reduce_whole(name, value), batch_size=[]) if name in ("max", "min") else getattr(td, PYTHON.get(name, name))()
    dim = tuple(dims) if isinstance(dims, list) else dims
    return getattr(td, PYTHON.get(name, name))(dim=dim, **options)


def reduce_whole(name, value):
    return value.amax() if name == "max" else value.amin()


def tree_step(batch, dtype):
    kind = rng.randrange(5)
    dim = rng.randint(-len(batch), len(batch) - 1)
    if kind == 0:
        return ["stack", rng.randint(-len(batch) - 1, len(batch)), subject(dtype, batch)]
    if kind == 1:
        other = list(batch)
        other[dim] += 1
        return ["cat", dim, subject(dtype, other)]
    if kind == 2:
        return ["apply", subject(dtype, batch)]
    if kind == 3:
        return ["module", rng.choice(["double", "chain"])]
    return ["setAt", index(batch), rng.choice([0, 1])]


def run_tree(td, step):
    kind, *args = step
    if kind == "stack":
        return torch.stack([td, build(args[1])], args[0])
    if kind == "cat":
        return torch.cat([td, build(args[1])], args[0])
    if kind == "apply":
        return td.apply(lambda a, b: torch.where(a > b, a, b), build(args[0]))
    if kind == "setAt":
        td[to_python(args[0])] = args[1]
        return td
    double = TensorDictModule(lambda x: x * 2, in_keys=["x"], out_keys=[("out", "h")])
    if args[0] == "double":
        return double(td)
    return TensorDictSequential(double, TensorDictModule(lambda h, y: (h + 1, y), in_keys=[("out", "h"), "y"], out_keys=["h", "w"]))(td)


# What random programs seldom come to.
CHOSEN = [
    ("float32", [2, 3], [["reduce", "max", "feature", False]]),
    ("int32", [3], [["reduce", "min", "feature", False]]),
    ("bool", [3], [["reduce", "all", 0, True]]),
    ("int32", [3, 2], [["reduce", "any", 0, True]]),
    ("float32", [3], [["expand", [3, 3]], ["setAt", [[True, False, False], [2, -3]], 1]]),
    ("bool", [2, 2, 2], [["expand", [3, 2, 2, 2]], ["setAt", [[[1], [2]], [1, 1]], 0]]),
]


def chosen(dtype, batch, steps):
    program = {"td": subject(dtype, batch), "steps": steps}
    td = build(program["td"])
    try:
        for step in steps:
            td = (run_math if step[0] == "reduce" else run_tree if step[0] == "setAt" else run_shape)(td, step)
        program["result"] = describe(td)
    except Exception as error:
        program["result"] = f"error {type(error).__name__}"
    return program


def record():
    dtype = rng.choice(["float32", "int32", "bool"])
    batch = rng.choice([[2, 3], [3, 2], [2, 1], [3], [2, 2, 2]])
    program = {"td": subject(dtype, batch), "steps": []}
    td = build(program["td"])
    try:
        for _ in range(rng.randint(0, 2)):
            if len(td.batch_size) == 0 or 0 in td.batch_size or td.numel() > 200:
                break
            step = shape_step(list(td.batch_size))
            program["steps"].append(step)
            td = run_shape(td, step)
        if len(td.batch_size) > 0 and 0 not in td.batch_size and td.numel() <= 60:
            is_math = rng.random() < 0.65
            step = (math_step if is_math else tree_step)(list(td.batch_size), dtype)
            program["steps"].append(step)
            td = (run_math if is_math else run_tree)(td, step)
        program["result"] = describe(td) if isinstance(td, TensorDict) else "no tree"
    except Exception as error:
        program["result"] = f"error {type(error).__name__}"
    return program


programs = [record() for _ in range(PROGRAMS)] + [chosen(*each) for each in CHOSEN]
text = ",\n".join(json.dumps(program, separators=(",", ":")) for program in programs)
versions = {"tensordict": tensordict.__version__, "torch": torch.__version__.split("+")[0]}
Path(__file__).with_name("programs.json").write_text(f'{{"versions":{json.dumps(versions)},"programs":[\n{text}\n]}}\n')
