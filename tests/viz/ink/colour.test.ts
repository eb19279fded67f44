import {
  type Color,
  differenceCiede2000,
  formatHex,
  parse,
  filterDeficiencyDeuter,
  filterDeficiencyProt,
  filterDeficiencyTrit,
  wcagContrast,
  converter,
} from "culori";
import { colourOf, diverging, themeOf } from "@hookdict/viz";
import { assert, suite } from "../../gate/suite.ts";

const test = suite("colours");
const scale = diverging([1], "x");
const far = differenceCiede2000();
const lightness = (hex: string): number => converter("oklab")(hex)?.l ?? Number.NaN;

const parsed = (seen: (colour: Color) => Color, hex: string): string => formatHex(seen(parse(hex) as Color)); // a hex colour is one

/** Ways of seeing, with the smallest difference between +t and −t that pictures are held to. */
const SEEN: readonly (readonly [string, (hex: string) => string, number])[] = [
  ["all cones", (hex) => hex, 18],
  ["deuteranopia", (hex) => parsed(filterDeficiencyDeuter(1), hex), 18],
  ["protanopia", (hex) => parsed(filterDeficiencyProt(1), hex), 16],
  ["tritanopia", (hex) => parsed(filterDeficiencyTrit(1), hex), 18],
];

for (const name of ["light", "dark"] as const) {
  const theme = themeOf(name);

  for (const [who, see, least] of SEEN) {
    test(`in the ${name}, opposite signs differ for ${who}`, () => {
      for (let t = 0.125; t <= 1; t += 0.0625)
        assert.ok(far(see(colourOf(scale, theme, t)), see(colourOf(scale, theme, -t))) > least, `at ${t}`);
    });
  }

  test(`in the ${name}, lightness changes in one direction from the centre outwards`, () => {
    const side = (sign: number): number[] =>
      Array.from({ length: 60 }, (_, i) => lightness(colourOf(scale, theme, (sign * i) / 59)));
    for (const values of [side(1), side(-1)]) {
      const rises = name === "dark";
      assert.ok(
        values.every((value, i) => i === 0 || (value - (values[i - 1] ?? 0)) * (rises ? 1 : -1) >= -0.004),
      );
    }
  });

  test(`in the ${name}, labels have a contrast of 4.5 on paper`, () => {
    for (const ink of [theme.ink, theme.soft]) assert.ok(wcagContrast(ink, theme.paper) >= 4.5);
  });

  test(`in the ${name}, black or white has a contrast of 4.5 on every step`, () => {
    for (const hex of [...theme.diverging, ...theme.sequential])
      assert.ok(Math.max(wcagContrast("#000", hex), wcagContrast("#fff", hex)) >= 4.5);
  });
}

test("what is not finite has a colour of its own", () => {
  const theme = themeOf("light");
  for (const value of [Number.NaN, Infinity, -Infinity])
    assert.is(colourOf(scale, theme, value), theme.missing);
});

test.run();
