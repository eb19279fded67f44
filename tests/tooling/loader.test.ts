import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

test.run();
