import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { assert, suite } from "../gate/suite.ts";

// How files are run here: by `node --import @hookdict/loader`.
const test = suite("the loader of TypeScript files", { folder: "" });

test.before((context) => void (context.folder = mkdtempSync(join(tmpdir(), "hookdict-loader-"))));
test.after(({ folder }) => rmSync(folder, { recursive: true }));

/** What a file prints, one entry per line, or how it ended. */
function run(folder: string, ...lines: string[]): string[] {
  const file = join(folder, "program.ts");
  writeFileSync(file, [RESOURCE, ...lines].join("\n"));
  const flags = ["--conditions=@hookdict/source", "--import", "@hookdict/loader", file];
  const { stdout, stderr } = spawnSync(process.execPath, flags, { encoding: "utf8" });
  return (stdout === "" ? stderr : stdout).trimEnd().split("\n");
}

const RESOURCE = `
(Symbol as { dispose: symbol }).dispose ??= Symbol.for("Symbol.dispose");
(Symbol as { asyncDispose: symbol }).asyncDispose ??= Symbol.for("Symbol.asyncDispose");
const end = (name: string, error?: string) => ({
  [Symbol.dispose]() { console.log("end " + name); if (error) throw new Error(error); },
  async [Symbol.asyncDispose]() { console.log("later " + name); },
});`;

test("a round of a loop that throws leaves the next rounds alone", ({ folder }) => {
  const printed = run(
    folder,
    "for (let i = 0; i < 3; i++)",
    "  try {",
    "    using _ = end(String(i));",
    '    if (i === 0) throw new Error("first");',
    '    console.log("round " + i);',
    "  } catch (error) { console.log((error as Error).message); }",
  );
  assert.equal(printed, ["end 0", "first", "round 1", "end 1", "round 2", "end 2"]);
});

test("the same holds for values that a loop goes through, and for those that end later", ({ folder }) => {
  const printed = run(
    folder,
    "for (const kind of [1, 2])",
    '  for (using each of [end("a" + kind), end("b" + kind)])',
    '    try { await using _ = end("c"); if (kind === 1) throw new Error("thrown"); console.log("well"); }',
    "    catch (error) { console.log((error as Error).message); }",
  );
  const round = (name: string, result: string): string[] =>
    result === "well" ? ["well", "later c", `end ${name}`] : ["later c", result, `end ${name}`];
  assert.equal(printed, [
    ...round("a1", "thrown"),
    ...round("b1", "thrown"),
    ...round("a2", "well"),
    ...round("b2", "well"),
  ]);
});

test("of two errors the first is kept in the second", ({ folder }) => {
  const printed = run(
    folder,
    'try { using _ = end("a", "second"); throw new Error("first"); }',
    "catch (error) {",
    "  const { name, error: last, suppressed } = error as Error & { error: Error; suppressed: Error };",
    "  console.log([name, last.message, suppressed.message].join());",
    "}",
  );
  assert.equal(printed, ["end a", "SuppressedError,second,first"]);
});

test("an error tells its line in the source", ({ folder }) => {
  const lines = RESOURCE.split("\n").length;
  const printed = run(folder, "interface Gone { x: 1 }", 'console.log(new Error("here").stack);');
  assert.match(printed[1] ?? "", new RegExp(`program\\.ts:${lines + 2}:`));
});

test("what is no TypeScript is refused with its place", ({ folder }) => {
  assert.match(run(folder, "const = 3;").join("\n"), /SyntaxError.*program\.ts: Unexpected token/s);
});

test("an import of a built file takes the source that is there", ({ folder }) => {
  writeFileSync(join(folder, "part.ts"), "export const part: number = 7;");
  assert.equal(run(folder, 'import { part } from "./part.js"; console.log(part);'), ["7"]);
});

test("where a stack runs through several files, each tells its own lines", ({ folder }) => {
  writeFileSync(
    join(folder, "thrower.ts"),
    'interface Gone { x: 1 }\n\nexport function thrower(): never { throw new TypeError("bad"); }',
  );
  const printed = run(
    folder,
    'import { thrower } from "./thrower.ts";',
    "type Gone = 1;",
    "try { thrower(); } catch (error) { console.log((error as Error).stack); }",
  );
  const lines = RESOURCE.split("\n").length;
  assert.equal(printed[0], "TypeError: bad");
  assert.match(printed[1] ?? "", /at thrower \(.*thrower\.ts:3:42\)/);
  assert.match(printed[2] ?? "", new RegExp(`program\\.ts:${lines + 3}:7`));
});

test("a file of the repository is lowered once, and anew when it has changed", () => {
  const folder = fileURLToPath(new URL("../../docs/.examples/loader/", import.meta.url));
  const kept = new URL(
    "../../node_modules/.cache/hookdict-loader/docs+.examples+loader+program.ts",
    import.meta.url,
  );
  mkdirSync(folder, { recursive: true });
  try {
    assert.equal(run(folder, "const x: number = 1; console.log(x);"), ["1"]);
    const text = readFileSync(kept, "utf8");
    assert.match(text, /^[0-9a-f]{64}/);
    writeFileSync(kept, text.replace("const x = 1", "const x = 5"));
    assert.equal(run(folder, "const x: number = 1; console.log(x);"), ["5"]);
    // As many bytes, and no older.
    assert.equal(run(folder, "const x: number = 2; console.log(x);"), ["2"]);
  } finally {
    rmSync(folder, { recursive: true });
    rmSync(kept, { force: true });
  }
});

test("a program runs from one file, which is made anew when a source of it has changed", () => {
  const folder = fileURLToPath(new URL("../../docs/.examples/bundle/", import.meta.url));
  const programs = fileURLToPath(
    new URL("../../node_modules/.cache/hookdict-loader/programs/", import.meta.url),
  );
  const runner = fileURLToPath(new URL("../../scripts/loader/run.mjs", import.meta.url));
  const [main, part] = [join(folder, "main.ts"), join(folder, "part.ts")];
  const bundles = (): string[] => readdirSync(programs).filter((name) => name.includes("+bundle+main.ts"));
  const printed = (): string[] => {
    const { stdout, stderr } = spawnSync(process.execPath, [runner, main, "a"], { encoding: "utf8" });
    return (stdout === "" ? stderr : stdout).trimEnd().split("\n");
  };
  mkdirSync(folder, { recursive: true });
  try {
    writeFileSync(
      part,
      "interface Gone { x: 1 }\n\nexport const part: number = 1;\nexport const fault = new Error('here');",
    );
    writeFileSync(
      main,
      'import { part, fault } from "./part.ts";\nimport { visible } from "@hookdict/tensordict";\n' +
        "console.log([visible(String(part)), process.argv[2], import.meta.url, process.argv[1], fault.stack].join('\\n'));",
    );
    for (const want of ["1", "1", "22"]) {
      if (want !== "1") writeFileSync(part, readFileSync(part, "utf8").replace("= 1;", `= ${want};`));
      const [value, argument, url, path, head, frame = ""] = printed();
      assert.equal([value, argument, url, path], [want, "a", pathToFileURL(main).href, main]);
      assert.is(head, "Error: here");
      assert.match(frame, /part\.ts:4:22/);
    }
    assert.is(bundles().length, 3);
    const code = join(programs, bundles().find((name) => name.endsWith(".mjs")) ?? "");
    writeFileSync(code, 'console.log("kept");');
    assert.equal(printed(), ["kept"]);
  } finally {
    rmSync(folder, { recursive: true });
    for (const name of bundles()) rmSync(join(programs, name));
  }
});

test.run();
