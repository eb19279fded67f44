import * as fc from "fast-check";
import {
  components,
  fromJSON,
  lens,
  patching,
  shown,
  toJSON,
  tokenScores,
  toSVG,
  toText,
  type Description,
} from "@hookdict/viz";
import { viewConformance } from "@hookdict/viz/testing";
import { assert, suite } from "../../gate/suite.ts";

const test = suite("properties of pictures");

/** Any text: control characters, halves of surrogates and markup among them. */
const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom("</script>", "\ud800", "&lt;", "\u202e", "\u0000"),
);
const anyNumber = fc.oneof(fc.float(), fc.constantFrom(0, -0, Number.NaN, Infinity));
const few = { numRuns: 40 };

/** Tokens, and as many numbers. */
const pairs = fc.array(fc.tuple(anyText, anyNumber), { maxLength: 12 });

const scores = (list: readonly (readonly [string, number])[]): Parameters<typeof tokenScores>[0] => ({
  title: list[0]?.[0] ?? "x",
  tokens: list.map(([token]) => token),
  channels: [{ name: list[1]?.[0] ?? "n", values: list.map(([, value]) => value) }],
});

test("scores of any texts and numbers conform", () => {
  fc.assert(
    fc.property(
      pairs,
      (list) => viewConformance(tokenScores, [scores(list)], { widths: [300], columns: [20, 80] }) === 1,
    ),
    few,
  );
});

test("sweeps of any sizes, texts and numbers conform", () => {
  const sizes = fc.tuple(
    fc.integer({ min: 0, max: 4 }),
    fc.array(anyText, { maxLength: 30 }),
    fc.array(anyNumber, { minLength: 120, maxLength: 120 }),
  );
  fc.assert(
    fc.property(sizes, ([layers, columns, numbers]) => {
      const values = numbers.slice(0, layers * columns.length);
      const data = {
        layers: Array.from({ length: layers }, (_, i) => i),
        columns,
        over: "position",
        values,
        from: 0,
        to: 1,
      };
      return viewConformance(patching, [data], { widths: [240], columns: [20, 100] }) === 1;
    }),
    few,
  );
});

test("lenses and components of any texts conform", () => {
  fc.assert(
    fc.property(pairs, (list) => {
      const texts = list.map(([token]) => token);
      const values = list.map(([, value]) => value);
      viewConformance(lens, [{ tokens: texts, layers: ["a"], top: texts, p: values }], {
        widths: [240],
        columns: [20],
      });
      return viewConformance(components, [{ names: texts, values }], { widths: [240], columns: [20] }) === 1;
    }),
    few,
  );
});

test("what is shown has no character that turns lines or that XML forbids, and stays as it is when shown again", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const seen = shown(text);
      assert.not.match(seen, /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069\ufffe\uffff]/u);
      assert.is(shown(seen), seen);
    }),
  );
});

test("sizes of 0, 1, 60, 500 and 1,100 columns, with equal labels, keep all columns", () => {
  for (const count of [0, 1, 60, 500, 1100]) {
    const columns = Array.from({ length: count }, () => "the");
    const d: Description = patching({
      layers: [0],
      columns,
      over: "position",
      values: columns.map((_, i) => i),
      from: 0,
      to: count,
    });
    assert.is((fromJSON(toJSON(d)).axes["pos"]?.labels ?? []).length, count);
    assert.ok(toSVG(d, { width: 400 }).length > 0);
    assert.ok(toText(d, { columns: 40, colour: 0 }).length > 0);
  }
});

test.run();
