import { type Example, markdownExamples, sourceExamples } from "../../docs/runner/extract.ts";
import { instrument } from "../../docs/runner/instrument.ts";
import { makeCheck } from "../../docs/runner/checks.ts";
import { tellsTruly } from "../../docs/runner/compare.ts";
import { writePrelude } from "../../docs/runner/prelude.ts";
import { assert, suite, thrown } from "../gate/suite.ts";

const fence = "```";

/** Runs an example as the runner does and gives what it found wrong. */
async function failuresOf(...lines: string[]): Promise<string[]> {
  const example: Example = { file: "page.md", line: 10, code: lines.join("\n") };
  const failures: string[] = [];
  const body = `return (async () => { ${instrument(example.code)}\n })();`;
  // oxlint-disable-next-line typescript/no-implied-eval -- an example is code
  const run: unknown = new Function("$check", body)(makeCheck(example, failures));
  await run;
  return failures;
}

const test = suite("documented examples");

test("blocks marked ts are taken with the line they begin on, others are not", () => {
  const text = [
    "# A",
    `${fence}ts`,
    "a();",
    fence,
    `${fence}sh`,
    "b",
    fence,
    `${fence}ts no-run`,
    "c();",
    fence,
  ];
  assert.equal(markdownExamples("a.md", text.join("\n")), [{ file: "a.md", line: 3, code: "a();" }]);
});

test("a continued block is joined to the one before it and keeps its line numbers", () => {
  const text = [`${fence}ts`, "a();", fence, "words", `${fence}ts continued`, "b();", fence].join("\n");
  const [example] = markdownExamples("a.md", text);
  assert.is(example?.code.split("\n").indexOf("b();"), 6 - 2);
});

test("an unknown mark on a block is refused", () => {
  const error = thrown(() => markdownExamples("a.md", [`${fence}ts norun`, fence].join("\n")));
  assert.is(error.message, 'a.md:1: unknown mark "norun"');
});

test("an @example that shows a value is taken without its stars, up to the next tag", () => {
  const text = ["/**", " * @example", " * f(1); // => 2", " * @throws X", " */"].join("\n");
  assert.equal(sourceExamples("a.ts", text), [{ file: "a.ts", line: 3, code: "f(1); // => 2" }]);
});

test("an @example that shows no value or says no-run is left alone", () => {
  assert.equal(
    sourceExamples("a.ts", " * @example\n * f(1);\n */\n * @example no-run\n * f(1); // => 2\n */"),
    [],
  );
});

test("a true value passes and a wrong one is told with its line", async () => {
  assert.equal(await failuresOf("1 + 1; // => 2"), []);
  assert.equal(await failuresOf("", "1 + 1; // => 3"), ["page.md:11: says 3, is 2"]);
});

test("a declared constant, a statement over lines and a value on the next line are checked", async () => {
  assert.equal(await failuresOf("const x = 2 * 3; // => 7"), ["page.md:10: says 7, is 6"]);
  assert.equal(await failuresOf("[1, 2]", "  .map((x) => x + 1)", "  .at(0); // => 3"), [
    "page.md:12: says 3, is 2",
  ]);
  assert.equal(await failuresOf("Math.max(", "  1,", "  2,", ");", "// => 3"), ["page.md:13: says 3, is 2"]);
});

test("what console.log prints is checked, over several lines, too", async () => {
  const lines = ['console.log("a\\n  b");', "// => a", "//      c"];
  assert.equal(await failuresOf(...lines.with(2, "//      b")), []);
  assert.is((await failuresOf(...lines)).length, 1);
});

test("an error is told by its name, its message or both", async () => {
  assert.equal(await failuresOf("JSON.parse('['); // => throws SyntaxError: Unexpected end..."), []);
  assert.equal(await failuresOf("JSON.parse('['); // => throws SyntaxError"), []);
  assert.equal(await failuresOf("JSON.parse('1'); // => throws SyntaxError"), [
    "page.md:10: says throws SyntaxError, is no error",
  ]);
});

test("numbers are compared to the decimals that are written", () => {
  assert.ok(tellsTruly("[0.33, 1]", [1 / 3, 1]));
  assert.not.ok(tellsTruly("0.34", 1 / 3));
  assert.not.ok(tellsTruly("3", 3.01));
});

test("dots stand for what is left out, but not for what is there", () => {
  assert.ok(tellsTruly('["a", ..., "z"]', ["a", "b", "z"]));
  assert.not.ok(tellsTruly('["b", ...]', ["a", "b"]));
  assert.not.ok(tellsTruly('["a", ..., "z"]', ["a", "b"]));
});

test("a typed array and a tensor are told by their values", () => {
  assert.ok(tellsTruly("[1, 2]", new Float32Array([1, 2])));
  assert.ok(tellsTruly("[[1], [2]]", { arraySync: () => [[1], [2]] }));
});

test("only the names that an example uses and does not declare are imported", () => {
  const source = { from: "x", exports: new Set(["a", "b", "c"]) };
  assert.is(writePrelude('const a = b("c"); // c', [source]), 'import { b } from "x";');
});

test.run();
