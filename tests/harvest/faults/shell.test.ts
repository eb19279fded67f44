import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { verifyHarvest, openPlan } from "@hookdict/harvest";
import { assert, suite } from "../../gate/suite.ts";
import { build } from "../support/processes.ts";
import { MISSING, startRedis } from "../support/servers.ts";

const test = suite("harvest from a shell, as docs/harvest.md has it");

test.before(build);

const root = fileURLToPath(new URL("../../..", import.meta.url));
const page = readFileSync(join(root, "docs/harvest.md"), "utf8");

/** The page's code in a language, block by block. */
function blocks(language: string): readonly string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(
    ([, code = ""]) => code,
  );
}

/** A folder from which the packages are found, with the page's files in it. */
class Place implements Disposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<Place> {
    const parent = join(root, "tests/dist");
    mkdirSync(parent, { recursive: true });
    const { path } = new Place(await mkdtemp(join(parent, "harvest-")));
    const [mary, john] = ["Mary", "John"].map(
      (name) => `When Mary and John went to the store , ${name} gave a drink to`,
    );
    writeFileSync(
      join(path, "corpus.txt"),
      Array.from({ length: 40 }, (_, i) => [mary, john][i % 2]).join("\n"),
    );
    symlinkSync(join(root, "examples/ioi-patching/model"), join(path, "ioi-tiny"));
    for (const code of blocks("js")) writeFileSync(join(path, /^\/\/ ([\w.]+)/.exec(code)?.[1] ?? ""), code);
    return new Place(path);
  }

  /** Runs a line of the page. */
  run(line: string): Promise<{ readonly code: number | null; readonly output: string }> {
    const [, words = ""] = /^([^#]*)/.exec(line) ?? [];
    const [program, ...args] = words
      .trim()
      .replace(/^npx hookdict-harvest/, `node ${join(root, "packages/harvest/dist/cli.node.js")}`)
      .split(/\s+/);
    assert.is(program, "node", line);
    const env = { ...process.env, NODE_OPTIONS: "" };
    const child: ChildProcess = spawn(process.execPath, args, { cwd: this.path, env });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (text: Buffer) => (output += text.toString()));
    return new Promise((resolve) => child.on("close", (code) => resolve({ code, output })));
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

const [once = "", , several = ""] = blocks("sh");
const commands = once.trim().split("\n");

test("ten commands lead from a text file to a probe", async () => {
  assert.is(commands.length, 10);
  using place = await Place.make();
  const outputs: string[] = [];
  for (const line of commands) {
    const { code, output } = await place.run(line);
    assert.is(code, 0, `${line}\n${output}`);
    outputs.push(output);
  }
  assert.match(outputs[4] ?? "", /(\d+) of \1 items? committed, 0 pending, 0 dead/);
  assert.match(outputs[7] ?? "", /^nothing is wrong$/m);
  assert.match(outputs[8] ?? "", /^sealed: \d+ items?, 40 rows/m);
  assert.match(outputs[9] ?? "", /^accuracy 1$/m);
});

const THREE = "three workers with Redis compute the same";
if (MISSING.redis !== undefined) test.skip(`${THREE} (${MISSING.redis})`);
else
  test(THREE, async () => {
    await using server = await startRedis();
    using place = await Place.make();
    for (const line of [commands[0] ?? "", `${commands[2]} --item-rows 4`]) {
      const { code, output } = await place.run(line);
      assert.is(code, 0, `${line}\n${output}`);
    }
    const lines = several
      .trim()
      .split("\n")
      .map((line) =>
        line.replace("redis://queue:6379", server.address).replace("s3://bucket/acts", "./acts"),
      );
    assert.is(lines.length, 4);
    const [first = "", ...work] = lines;
    assert.is((await place.run(first)).code, 0);
    const ended = await Promise.all(work.map((line) => place.run(line)));
    assert.equal(
      ended.map(({ code }) => code),
      [0, 0, 0],
      ended.map(({ output }) => output).join(""),
    );
    for (const { output } of ended) assert.match(output, /10 of 10 items committed, 0 pending, 0 dead/);
    assert.equal(await verifyHarvest(await openPlan(join(place.path, "acts"))), []);
  });

test.run();
