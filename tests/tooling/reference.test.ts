import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openSafetensors, type SafetensorsItem, writeSafetensors } from "@hookdict/tensordict/io";
import { assert, suite } from "../gate/suite.ts";

const test = suite("pnpm reference");

const own = fileURLToPath(new URL("../reference/", import.meta.url));
const runner = fileURLToPath(new URL("../../scripts/loader/run.mjs", import.meta.url));
const main = fileURLToPath(new URL("../comparisons/run.ts", import.meta.url));

function run(folder: string, ...args: readonly string[]): { code: number | null; lines: string[] } {
  const { status, stdout } = spawnSync(process.execPath, [runner, main, ...args], {
    encoding: "utf8",
    env: { ...process.env, HOOKDICT_REFERENCE: folder, HOOKDICT_TEST_BACKEND: "cpu" },
  });
  return { code: status, lines: stdout.trim().split("\n") };
}

async function inFolder(fn: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "hookdict-reference-"));
  try {
    await fn(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A variant of ours under another name, its values by other keys. */
async function variant(folder: string, name: string, key: (key: string) => string): Promise<string> {
  const to = join(folder, "models/families", name);
  cpSync(join(own, "models/families/mistral"), to, { recursive: true });
  const file = join(to, "reference.safetensors");
  const items: SafetensorsItem[] = [];
  {
    await using store = await openSafetensors(file);
    for (const [stored, { dtype, shape }] of store.entries) {
      const { data } = await store.read(stored);
      items.push({ name: key(stored), dtype, shape, data });
    }
  }
  await writeSafetensors(file, items);
  return to;
}

test("a folder may have some areas alone; what is asked for by name must be there", () =>
  inFolder((folder) => {
    cpSync(join(own, "kvcache"), join(folder, "kvcache"), { recursive: true });
    const text = readFileSync(join(own, "kvcache/cases.json"), "utf8");
    const { cases } = JSON.parse(text) as { cases: readonly unknown[] };
    writeFileSync(join(folder, "kvcache/more.json"), JSON.stringify(cases.slice(0, 2)));
    writeFileSync(join(folder, "kvcache/notes.json"), "{}");
    mkdirSync(join(folder, "models/families/empty"), { recursive: true });
    writeFileSync(join(folder, "models/families/notes.txt"), "");
    const all = run(folder);
    assert.is(all.code, 0, all.lines.join("\n"));
    assert.ok(all.lines.includes("families: 0 of 0 hold"));
    assert.ok(all.lines.includes("tokenizers: not in this folder, which has no models/families/tokenizers"));
    assert.ok(all.lines.includes("kvcache: 40 of 40 hold"));
    assert.is(run(folder, "kvcache").code, 0);
    assert.is(run(folder, "tokenizers").code, 1);
    assert.is(run(folder, "families").code, 1);
  }));

test("a folder without anything holds nothing", () =>
  inFolder((folder) => {
    const { code, lines } = run(folder);
    assert.is(code, 1);
    assert.is(lines.at(-1), `nothing to compare in ${folder}`);
  }));

test("sets have any names, what belongs to none and what nothing gives is named, and one that fails stops no other", () =>
  inFolder(async (folder) => {
    const renamed = await variant(folder, "renamed", (key) => key.replace(/^a\//, "b2/"));
    const text = readFileSync(join(renamed, "reference.json"), "utf8");
    const all = JSON.parse(text) as {
      sets: Record<string, unknown>;
      transformer_lens: Record<string, Metrics>;
    };
    all.sets = { b2: all.sets["a"] };
    for (const lens of Object.values(all.transformer_lens)) {
      for (const row of [...(lens.hooks ?? []), ...(lens.grads ?? [])]) {
        const at = row.length - 1;
        if (typeof row[at] === "string") row[at] = row[at].replace(/^a\//, "b2/");
      }
      if (lens.metric?.["a"] !== undefined) lens.metric = { b2: lens.metric["a"] };
    }
    writeFileSync(join(renamed, "reference.json"), JSON.stringify(all));
    await variant(folder, "stray", (key) => key.replace(/^a\/logits$/, "zz/logits"));
    await variant(folder, "unknown", (key) => key.replace(/^a\/logits$/, "a/pooled"));
    rmSync(join(await variant(folder, "without", (key) => key), "model.safetensors"));
    writeFileSync(join(await variant(folder, "broken", (key) => key), "reference.json"), "{");
    const { code, lines } = run(folder, "families");
    assert.is(code, 1);
    assert.ok(lines.includes("families: 1 of 5 hold"), lines.join("\n"));
    for (const name of ["broken", "stray", "unknown", "without"])
      assert.ok(lines.includes(`  ${name}`), name);
    assert.ok(lines.includes('    config.json: zz/logits: there is no set "zz"'));
    assert.ok(lines.includes("    config.json: a/pooled: nothing here gives this"));
  }));

interface Metrics {
  readonly hooks?: (string | readonly number[] | null)[][];
  readonly grads?: (string | null)[][];
  metric?: Record<string, unknown>;
}

test.run();
