import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TokenSet } from "@hookdict/harvest";
import { assert, suite } from "../../gate/suite.ts";
import { temporaryFolder } from "../support/folder.ts";
import { fixture, planWithoutBackend } from "../support/harvests.ts";
import { build, runCommand } from "../support/processes.ts";
import { recordsOf } from "../support/kills.ts";

const test = suite("options of hookdict-harvest");

test.before(build);

const recipe = ["--recipe", fixture("faulty.mjs")];

/** Runs a command that must succeed; gives what it says. */
async function said(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<string> {
  const { code, output } = await runCommand(args, env);
  assert.is(code, 0, output);
  return output;
}

test("pack has its options do what packTokens does", async () => {
  await using folder = await temporaryFolder();
  const sources = join(folder.path, "a.jsonl");
  await writeFile(sources, [[1, 2], [3, 4, 5], [6]].map((ids) => JSON.stringify({ ids })).join("\n"));
  let packs = 0;
  const rows = async (...options: string[]): Promise<number[]> => {
    const out = join(folder.path, `out-${packs++}`);
    await said(["pack", sources, "--column", "ids", "--context", "4", "--out", out, ...options]);
    await using set = await TokenSet.open(out);
    assert.is(set.file.files.length, options.includes("--rows-per-file") ? set.file.rows : 1);
    return [...(await set.read(0, set.file.rows)).tokens];
  };
  const all = await Promise.all([
    rows("--bos", "0", "--eos", "9"),
    rows("--no-bos", "--no-eos"),
    rows("--no-bos", "--eos", "9", "--rows-per-file", "1"),
    rows("--bos", "0", "--policy", "document", "--pad", "7"),
  ]);
  assert.equal(all, [
    [0, 1, 2, 9, 0, 3, 4, 5],
    [1, 2, 3, 4],
    [1, 2, 9, 3, 4, 5, 9, 6],
    [0, 1, 2, 7, 0, 3, 4, 5, 0, 6, 7, 7],
  ]);
  const shuffled = ["1", "2", "3", "4"].map((seed) =>
    rows("--no-bos", "--no-eos", "--shuffle-documents", seed),
  );
  assert.ok(new Set((await Promise.all(shuffled)).map(String)).size > 1);
});

test("words that a vocabulary lacks may be allowed", async () => {
  await using folder = await temporaryFolder();
  const sources = join(folder.path, "a.txt");
  await writeFile(sources, "Mary and Zorblax went to the store");
  const model = fixture("../../../examples/ioi-patching/model");
  const args = ["pack", sources, "--tokenizer", model, "--context", "4", "--out", join(folder.path, "out")];
  assert.match((await runCommand(args)).output, /Zorblax/);
  assert.match(
    await said([...args.slice(0, -1), join(folder.path, "other"), "--unknown", "allow"]),
    /rows of 4/,
  );
});

test("run takes parts from what schedulers tell, places from elsewhere, and one backend alone", async () => {
  await using made = await planWithoutBackend({ rows: 16 });
  const part = (text: string, env: Readonly<Record<string, string>> = {}): Promise<string> =>
    said(["run", made.acts, ...recipe, "--data", made.tokens, "--processes", "0", "--part", text], env);
  const slurm = { SLURM_ARRAY_TASK_ID: "3", SLURM_ARRAY_TASK_MIN: "1", SLURM_ARRAY_TASK_COUNT: "4" };
  assert.match(await part("0/4"), /1 of 4 items committed/);
  assert.match(await part("env", slurm), /2 of 4 items committed/);
  assert.match(await part("env/4", { JOB_COMPLETION_INDEX: "3" }), /3 of 4 items committed/);
  assert.equal([...(await recordsOf(made.plan)).keys()].sort(), [
    "000000.json",
    "000002.json",
    "000003.json",
  ]);
  const folder = made.plan.store.name;
  await writeFile(join(folder, "backend.json"), '{"backend":"abacus"}');
  const other = await runCommand(["run", made.acts, ...recipe, "--processes", "0", "--one-backend"]);
  assert.is(other.code, 1);
  assert.match(other.output, /^This process computes on "wasm", and the harvest began on "abacus"\./m);
  await part("1/4");
  const file = join(
    folder,
    "shards",
    JSON.parse((await recordsOf(made.plan)).get("000001.json") ?? "").shard,
  );
  const bytes = await readFile(`${file}.safetensors`);
  await writeFile(`${file}.safetensors`, bytes.fill(1, bytes.length - 1));
  assert.is(await said(["verify", made.acts, "--quick"]), "nothing is wrong\n");
  assert.match(
    (await runCommand(["verify", made.acts])).output,
    /^item 1: shards\/.*: has the hash .*\n1 fault\n$/,
  );
  await writeFile(join(folder, "shards", `${"0".repeat(64)}.safetensors`), "second");
  assert.is(await said(["gc", made.acts]), "removed 0 files, 0 B\n");
  assert.is(await said(["gc", made.acts, "--hours", "0"]), "removed 1 file, 6 B\n");
});

test.run();
