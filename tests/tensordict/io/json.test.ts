import { memoryDirectory, findJson, parseJson, readJson } from "@hookdict/tensordict/io";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure, failure } from "../../support/failure.ts";

const test = suite("JSON from elsewhere");

const damaged = "The file is damaged or was not fully written: fetch or write it again.";
const refused = (text: string): readonly [string, string] => failure(() => parseJson(text, "a.json"));

test("what is JSON is parsed as JSON.parse does", () => {
  for (const text of ['{"a":[1,{"b":null}],"c":"\\"{,:"}', "[]", " 3 ", '"\\u0041"', '[{"a":1},{"a":2}]']) {
    assert.equal(parseJson(text, "a.json"), JSON.parse(text));
  }
});

test("what is not JSON is refused with the parser's reason", () => {
  assert.equal(refused('{"a": "b'), [
    "JSON_INVALID",
    `a.json: is not valid JSON (a string does not end). ${damaged}`,
  ]);
  for (const text of ["", "{", "]", "{a: 1}", '{"\\x": 1}', "[1,]", "NaN"])
    assert.is(refused(text)[0], "JSON_INVALID");
});

test("a key given twice is refused, also when it is written in two ways", () => {
  const message = 'a.json: the key "a" is given twice in one object. Write each key once.';
  assert.equal(refused('{"a": 1, "b": {"a": 2}, "a": 3}'), ["JSON_DUPLICATE_KEY", message]);
  assert.equal(refused('[{"a": 1, "\\u0061": 2}]'), ["JSON_DUPLICATE_KEY", message]);
});

test("keys that change how objects behave are refused, wherever they are", () => {
  for (const key of ["__proto__", "constructor", "prototype"]) {
    assert.equal(refused(`{"a": [{"${key}": {"isAdmin": true}}]}`), [
      "JSON_FORBIDDEN_KEY",
      `a.json: the key "${key}" is refused, because it could change how objects behave. Rename it, and do not trust the file if you did not write it.`,
    ]);
  }
  assert.equal(parseJson('{"constructor": 7}', "vocab.json", { anyKeys: true }), { constructor: 7 });
});

test("nesting deeper than allowed is refused without being walked", () => {
  const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
  assert.equal(parseJson(nested(2), "a.json", { maxDepth: 2 }), [[]]);
  assert.is(JSON.stringify(parseJson(nested(64), "a.json")), nested(64));
  assert.equal(refused(nested(1_000_000)), [
    "JSON_TOO_DEEP",
    "a.json: is nested more than 64 deep. Flatten it, and do not trust the file if you did not write it.",
  ]);
});

test("a file of a directory is read whole, and one that is not there is told from one that is", async () => {
  const directory = memoryDirectory("d", { "a.json": new TextEncoder().encode('{"a": 1}') });
  assert.equal(await readJson(directory, "a.json"), { a: 1 });
  assert.is(await findJson(directory, "b.json"), undefined);
  assert.equal(await asyncFailure(readJson(directory, "b.json")), [
    "FILE_NOT_FOUND",
    "d/b.json: there is no such file. Check the directory and the file's name.",
  ]);
});

test("a file that is not UTF-8 is not JSON", async () => {
  const directory = memoryDirectory("d", { "a.json": new Uint8Array([0x22, 0xff, 0x22]) });
  assert.equal(await asyncFailure(readJson(directory, "a.json")), [
    "JSON_INVALID",
    `d/a.json: is not valid JSON (3 bytes are no UTF-8. They are of something else than a text, or of a text that was written in another encoding.). ${damaged}`,
  ]);
});

test("a file too long to be read whole is refused before memory is taken, and closed", async () => {
  let closed = 0;
  const source = {
    name: "d/a.json",
    size: 100_000_001,
    readInto: async () => assert.unreachable(),
    close: async () => void closed++,
  };
  assert.equal(await asyncFailure(readJson({ name: "d", find: async () => source }, "a.json")), [
    "FILE_TOO_LARGE",
    "d/a.json: has 100000001 bytes; at most 100000000 are read. Check that it is the file that its name says.",
  ]);
  assert.is(closed, 1);
});

test.run();
