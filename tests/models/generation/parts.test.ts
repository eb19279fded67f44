import {
  generateRows,
  LOGITS_STEPS,
  type LogitsOptions,
  PICKS,
  STOPS,
  type LogitsModel,
} from "@hookdict/models";
import { tensor } from "@tensorflow/tfjs-core";
import { readdirSync } from "node:fs";
import { assert, suite } from "../../gate/suite.ts";

const test = suite("parts of generation");

const folder = new URL("../../../packages/models/src/generation/", import.meta.url);
const filesIn = (name: string): string[] =>
  readdirSync(new URL(name, folder))
    .map((file) => file.replace(/\.ts$/, ""))
    .sort();
const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** What an option makes of logits. */
function changed(
  option: keyof LogitsOptions,
  value: number,
  logits: number[],
  soFar: number[] = [],
): number[] {
  const row = Float32Array.from(logits);
  LOGITS_STEPS.find((step) => step.option === option)
    ?.make(value)
    .apply(row, soFar);
  return [...row];
}

test("every file is listed, and every listed part has a file", () => {
  assert.equal(LOGITS_STEPS.map(({ option }) => kebab(option)).sort(), filesIn("steps"));
  assert.equal(PICKS.map(({ name }) => kebab(name)).sort(), filesIn("picks"));
  assert.is(STOPS.length, filesIn("stops").length);
});

test("a repetition penalty divides positive logits and multiplies negative ones", () => {
  assert.equal(changed("repetitionPenalty", 2, [4, -4, 4], [0, 1, 1]), [4 / 2, -4 * 2, 4]);
});

test("a frequency penalty counts, a presence penalty does not", () => {
  assert.equal(changed("frequencyPenalty", 0.5, [1, 1, 1], [0, 1, 1]), [1 - 0.5, 1 - 0.5 * 2, 1]);
  assert.equal(changed("presencePenalty", 0.5, [1, 1, 1], [0, 1, 1]), [1 - 0.5, 1 - 0.5, 1]);
});

test("a temperature divides", () => {
  assert.equal(changed("temperature", 2, [4, -2]), [4 / 2, -2 / 2]);
});

test("top-k leaves the k likeliest, and what is as likely as the last", () => {
  assert.equal(changed("topK", 2, [1, 3, 2, 0]), [-Infinity, 3, 2, -Infinity]);
  assert.equal(changed("topK", 2, [2, 3, 2, 0]), [2, 3, 2, -Infinity]);
});

test("top-p leaves the fewest that add up to p, the one that crosses it included", () => {
  const logits = [0.5, 0.3, 0.2].map((chance) => Math.log(chance));
  const kept = (p: number): boolean[] => changed("topP", p, logits).map((x) => x > -Infinity);
  assert.equal(kept(0.4), [true, false, false]);
  assert.equal(kept(0.6), [true, true, false]);
  assert.equal(kept(1), [true, true, true]);
});

test("min-p leaves what is at least p times as likely as the likeliest", () => {
  const logits = [0.5, 0.3, 0.2].map((chance) => Math.log(chance));
  assert.equal(
    changed("minP", 0.5, logits).map((x) => x > -Infinity),
    [true, true, false],
  );
});

test("steps, picks and stops of one's own join in", async () => {
  const flat: LogitsModel = { call: (tokens) => tensor([0, 0, 0], [...tokens.shape.slice(0, 1), 1, 3]) };
  const rows = await generateRows(flat, [[0]], {
    steps: [{ name: "favourite", apply: (logits) => logits.fill(5, 2, 3) }],
    pick: { name: "first", pick: (logits) => logits.indexOf(5) },
    stops: [{ name: "at once", isEnd: () => true }],
  });
  assert.equal(rows, [[0, 2]]);
});

test.run();
