import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { harvest, HarvestReader, sealHarvest } from "@hookdict/harvest";
import type { Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { CONTEXT, planned } from "./support/harvests.ts";

const test = suite("a harvest in Python");

const script = fileURLToPath(new URL("support/read.py", import.meta.url));
const imports = spawnSync("python3", ["-c", "import numpy, safetensors, scipy.sparse"]);
const missing = imports.status === 0 ? undefined : "no Python with safetensors, numpy and scipy";

const name = "manifest, dense rows and sparse features are read by safetensors, numpy and scipy";
if (missing !== undefined) test.skip(`${name} (${missing})`);
else
  test(name, async () => {
    await using made = await planned({ recipe: "many.ts" });
    await harvest(made.plan, { processes: 0 });
    await sealHarvest(made.plan);
    const { stdout, stderr, status } = spawnSync("python3", [script, made.plan.store.name], {
      encoding: "utf8",
    });
    assert.is(status, 0, stderr);
    const found = JSON.parse(stdout) as {
      items: number;
      rows: number;
      dense: number[];
      sparse: [string, number, number][];
    };
    assert.equal([found.items, found.rows], [3, 10]);
    await using reader = await HarvestReader.open(made.acts);
    using td = await reader.read([0, 4, 8]);
    const values = td.get<Tensor>(["fwd", "blocks.1.hook_resid_post"]).dataSync();
    const want = [0, 1, 2].flatMap((row) => [...values.subarray(row * CONTEXT * 8, row * CONTEXT * 8 + 8)]);
    assert.equal(found.dense, want);
    for (const [i, [start, end]] of (
      [
        [0, 4],
        [4, 8],
        [8, 10],
      ] as const
    ).entries()) {
      const sparse = await reader.readSparse("blocks.0.mlp.hook_pre", { start, end });
      const sum = sparse.values.reduce((all, value) => all + value, 0);
      const [key, positions, theirs] = found.sparse[2 * i] ?? ["", 0, 0];
      assert.equal([key, positions], ["features/blocks.0.mlp.hook_pre", (end - start) * CONTEXT]);
      assert.ok(Math.abs(theirs - sum) < 1e-4);
    }
  });

test.run();
