import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { assert, suite } from "../gate/suite.ts";

const runner = fileURLToPath(new URL("../../scripts/loader/run.mjs", import.meta.url));
const main = fileURLToPath(new URL("../../examples/ioi-patching/src/main.ts", import.meta.url));

function run(...args: readonly string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [runner, main, ...args], {
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1", INIT_CWD: tmpdir() },
  });
  return { code: status, out: stdout, err: stderr };
}

/** The one line of an error; the progress bar may have left others. */
const complaint = (err: string): string => err.trim().split("\n").at(-1) ?? "";

const test = suite("the example ioi-patching");

test("an unknown option ends with one line and a failure", () => {
  const { code, out, err } = run("--clena", "x");
  assert.is(code, 1);
  assert.is(out, "");
  assert.is(err, "ioi-patching: Unknown option '--clena'\n");
});

test("an option without its value does so, too", () => {
  const { code, err } = run("--model");
  assert.is(code, 1);
  assert.is(err, "ioi-patching: Option '--model <value>' argument missing\n");
});

test("so does a number of pairs that is none", () => {
  for (const [name, value] of [
    ["--pairs", "0"],
    ["--pairs", "ten"],
    ["--seed", "-1"],
  ] as const) {
    const { code, err } = run(`${name}=${value}`);
    assert.is(code, 1);
    assert.match(
      err,
      new RegExp(`^ioi-patching: ${name} is "${value}": give a whole number from \\d to \\d+\\.\n$`),
    );
  }
});

test("one pair has no interval, and the same seed draws the same pairs", () => {
  const folder = mkdtempSync(join(tmpdir(), "ioi-patching-"));
  try {
    const told = (...more: readonly string[]): string => {
      const { code, out, err } = run("--out", join(folder, "maps.html"), "--backend", "wasm", ...more);
      assert.is(code, 0, err);
      return out;
    };
    assert.match(
      told("--pairs", "1"),
      /heads 0\.3 \(55 %\), 1\.0 \(35 %\) recover most\.\n(?:(?!interval|\?).)*$/s,
    );
    const [one, again, other] = ["3", "3", "4"].map((seed) => told("--pairs", "3", "--seed", seed));
    assert.is(one, again);
    assert.is.not(one?.match(/^What .*$/m)?.[0], other?.match(/^What .*$/m)?.[0]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a directory without a model does so, too", () => {
  const { code, err } = run("--model", "/no/such/model");
  assert.is(code, 1);
  assert.match(err, /^ioi-patching: \/no\/such\/model\/config\.json: there is no such file\./);
  assert.is(err.trim().split("\n").length, 1);
});

test("a directory is meant from where the command is typed", () => {
  const { code, err } = run("--model", "no-such-model");
  assert.is(code, 1);
  assert.ok(
    err.startsWith(`ioi-patching: ${join(tmpdir(), "no-such-model", "config.json")}: there is no such file.`),
  );
});

test("prompts of different lengths are refused with both lengths", () => {
  const { code, err } = run("--corrupt", "When Mary and John went to the store");
  assert.is(code, 1);
  assert.match(complaint(err), /^ioi-patching: .*15.*9/);
});

test("an answer that is no single token is refused", () => {
  const { code, err } = run("--answer", "Mary John");
  assert.is(code, 1);
  assert.match(complaint(err), /^ioi-patching: .*"Mary John"/);
});

test("it tells the story with two pictures of it, and writes one page that needs nothing else", () => {
  const folder = mkdtempSync(join(tmpdir(), "ioi-patching-"));
  try {
    const page = join(folder, "maps.html");
    const { code, out } = run("--out", page, "--backend", "wasm");
    assert.is(code, 0);
    assert.is(out.match(/^layer 3 /gm)?.length, 2);
    assert.match(
      out,
      /^What decides stands at position 10 before layer 0, then at position 14 .*; heads 0\.3 .*1\.0/m,
    );
    assert.match(
      out,
      / → Mary {3}logit of Mary − John: 7\.85, which is 1 below\n.* → John {3}logit of Mary − John: -8\.95, which is 0 below\n/,
    );
    assert.match(out, /correlate with the patches by 0\.84 over positions and 1\.00 over heads/);
    assert.match(out, /^37 of 473 edges .* have 0\.95 of what the model does/m);
    assert.match(out, /^ {2}input → a0\.h3<v> → m1 → m2 → logits$/m);
    const html = readFileSync(page, "utf8");
    assert.match(html, /<\/html>\s*$/);
    assert.not.match(html, /<(?:img|link|script|iframe)\b[^>]*(?:src|href)=/);
    assert.match(html, /content-security-policy" content="default-src 'none'/);
    assert.is(html.match(/<hookdict-view>/g)?.length, 9);
    // Of ten pairs of names: how many, which, and how sure each cell is.
    assert.match(out, /^ioi-tiny: a gpt2/);
    assert.match(
      out,
      /heads 0\.3 \(56 %\), 1\.0 \(45 %\) recover most, over 10 pairs of prompts with other names\.$/m,
    );
    assert.match(out.replaceAll("\n", " "), /ioi-tiny · “[^”]*” · n = 10 · 95 % intervals · seed 0 · \d{4}-/);
    assert.match(out, /^layer 0 {6}· {6}·\? {5}·\? {2}0\.56 $/m);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("what the model predicts is told, not the answer that was asked for", () => {
  const folder = mkdtempSync(join(tmpdir(), "ioi-patching-"));
  try {
    const prompts = ["--answer", "store", "--wrong", "drink", "--out", join(folder, "maps.html")];
    const { code, out, err } = run(...prompts, "--backend", "wasm");
    assert.is(code, 0, err);
    assert.match(out, /^clean .* → Mary {3}logit of store − drink: /m);
    assert.match(out, /^corrupt .* → John {3}logit of store − drink: /m);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const family = (name: string): string =>
  fileURLToPath(new URL(`../reference/models/families/${name}`, import.meta.url));

// Parallel blocks and rotations; norms behind sums, which have no paths.
for (const [name, paths] of [
  ["gptj", /^\d+ of \d+ edges/m],
  ["opt-postnorm", /^No paths between heads: The residual stream of opt is no sum/m],
] as const) {
  test(`a model of another family, ${name}, whose prompts are ids of tokens`, () => {
    const folder = mkdtempSync(join(tmpdir(), "ioi-patching-"));
    try {
      const page = join(folder, "maps.html");
      const prompts = ["--clean", "1 5 3 7", "--corrupt", "1 5 4 7", "--answer", "3", "--wrong", "5"];
      const { code, out, err } = run("--model", family(name), ...prompts, "--out", page, "--backend", "wasm");
      assert.is(code, 0, err);
      assert.match(out, /^clean .* logit of 3 − 5: \S+, which is 1 below$/m);
      assert.match(out, paths);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

test("a model of states, which has no heads, is told of by its positions alone", () => {
  const folder = mkdtempSync(join(tmpdir(), "ioi-patching-"));
  try {
    const page = join(folder, "maps.html");
    const prompts = ["--clean", "1 5 3 7", "--corrupt", "1 5 4 7", "--answer", "3", "--wrong", "5"];
    const { code, out, err } = run(
      "--model",
      family("mamba"),
      ...prompts,
      "--out",
      page,
      "--backend",
      "wasm",
    );
    assert.is(code, 0, err);
    assert.match(out, /^mamba: a mamba of \d+ layers, \d+ wide, on wasm$/m);
    assert.match(out, /^What decides stands at position [^;]*\.$/m);
    assert.match(out, /correlate with the patches by \S+ over positions\.$/m);
    assert.match(out, /^No paths between heads: the model goes on by states, and has none\.$/m);
    // Two prompts, what was measured and estimated of positions, and the lens.
    assert.is(readFileSync(page, "utf8").match(/<hookdict-view>/g)?.length, 5);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a model with more rows than its tokenizer has tokens names those by their ids", () => {
  const folder = mkdtempSync(join(tmpdir(), "ioi-patching-"));
  const model = fileURLToPath(new URL("../../examples/ioi-patching/model/", import.meta.url));
  try {
    cpSync(model, folder, { recursive: true });
    const file = join(folder, "tokenizer.json");
    const json = JSON.parse(readFileSync(file, "utf8")) as { model: { vocab: Record<string, number> } };
    const words = new Set("<|endoftext|> When Mary and John went to the store , gave a drink".split(" "));
    json.model.vocab = Object.fromEntries(
      Object.entries(json.model.vocab).filter(([word]) => words.has(word)),
    );
    writeFileSync(file, JSON.stringify(json));
    const page = join(folder, "maps.html");
    const { code, err } = run("--model", folder, "--out", page, "--backend", "wasm");
    assert.is(code, 0, err);
    assert.match(readFileSync(page, "utf8"), /"#\d+"/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("models that are no decoders, words for models without a tokenizer, and equal prompts are refused", () => {
  const refused = (...args: readonly string[]): string => complaint(run(...args, "--backend", "cpu").err);
  assert.match(refused("--model", family("bert")), /has a bert: this experiment is for decoders/);
  assert.match(
    refused("--model", family("gptj")),
    /the model has no tokenizer, so prompts are ids from 0 to/,
  );
  const same = "When Mary and John went to the store , John gave a drink to";
  assert.match(refused("--corrupt", same), /are the same tokens: there is nothing to explain\.$/);
});

test("what it says the model predicts is what the model predicts, whatever answer is asked", () => {
  const folder = mkdtempSync(join(tmpdir(), "ioi-patching-"));
  try {
    const args = [
      "--answer",
      "store",
      "--wrong",
      "Mary",
      "--out",
      join(folder, "maps.html"),
      "--backend",
      "wasm",
    ];
    const { code, out } = run(...args);
    assert.is(code, 0);
    assert.match(out, /^clean .* → Mary {3}logit of store − Mary: -/m);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
