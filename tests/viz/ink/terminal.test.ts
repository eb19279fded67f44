import { converter } from "culori";
import { tokenScores, toText } from "@hookdict/viz";
import { assert, suite } from "../../gate/suite.ts";

const test = suite("colours of terminals");
const oklab = converter("oklab");

/** Colours of grounds in a terminal of 256, as shares of red, green and blue. */
const grounds = (line: string): readonly (readonly number[])[] =>
  [...line.matchAll(/48;5;(\d+)m/g)].map(([, code]) => {
    const n = Number(code) - 16;
    if (n >= 216) return [0, 0, 0].map(() => (8 + 10 * (n - 216)) / 255);
    return [Math.floor(n / 36), Math.floor(n / 6) % 6, n % 6].map(
      (side) => (side === 0 ? 0 : 55 + 40 * side) / 255,
    );
  });

for (const theme of ["light", "dark"] as const)
  test(`in 256 colours, ${theme}, paper is grey, and ramps rise`, () => {
    const values = Array.from({ length: 11 }, (_, i) => i / 10);
    const scores = tokenScores({ tokens: values.map(String), channels: [{ name: "x", values }] });
    const [, , line = ""] = toText(scores, { columns: 80, colour: 2, theme }).split("\n");
    const colours = grounds(line);
    assert.is(colours.length, 11);
    assert.is(new Set(colours[0]).size, 1);
    const light = colours.map(([r = 0, g = 0, b = 0]) => oklab({ mode: "rgb", r, g, b }).l);
    const sign = theme === "dark" ? 1 : -1;
    light.forEach((each, i) =>
      assert.ok(i === 0 || sign * (each - (light[i - 1] ?? 0)) > -0.02, light.join(" ")),
    );
  });

test("without colours, characters below tokens tell the size, and digits what is below the centre", () => {
  const values = [1, 0, -1, Number.NaN];
  const scores = tokenScores({
    tokens: ["one", "no", "less", "odd"],
    channels: [{ name: "x", values, centre: 0 }],
  });
  const lines = toText(scores, { columns: 80, colour: 0 }).split("\n");
  assert.equal(lines.slice(2, 4), ["one no less odd", "@@@    9999 –––"]);
  assert.match(lines[4] ?? "", /; above the centre ·:-=\+\*#%@, below it 1 to 9$/);
});

test.run();
