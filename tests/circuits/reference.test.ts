import { getBackend } from "@tensorflow/tfjs-core";
import { fileURLToPath } from "node:url";
import { releaseAnalyses } from "../comparisons/analysis/setting.ts";
import type { Item } from "../comparisons/area.ts";
import { analysis } from "../comparisons/areas/analysis.ts";
import { eap } from "../comparisons/areas/eap.ts";
import { assert, suite } from "../gate/suite.ts";

// Values computed by other software, as `pnpm reference` compares them.

const test = suite("reference values of circuits");
const folder = fileURLToPath(new URL("../reference", import.meta.url));

/** What takes long in plain JavaScript: there `pnpm reference` has all, here the first pair's small tables stand for them. */
const LONG =
  /^[1-9]\d*\/|patch\/(?!resid_pre|attn_head_out_all)|ablate_head\/(?!zero)|head_to_[qkv]|exact_edge|_ig_|_1$/;

async function check(items: readonly Item[]): Promise<void> {
  for (const item of items) {
    if (getBackend() === "cpu" && LONG.test(item.name)) continue;
    assert.equal(await item.check(), [], item.name);
  }
}

test("every key of the analysis holds", async () => {
  try {
    await check(await analysis.items(folder));
  } finally {
    await releaseAnalyses();
  }
});

test("every case of edge attribution holds", async () => check(await eap.items(folder)));

test.run();
