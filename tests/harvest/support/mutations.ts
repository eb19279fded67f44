import { seededRandom } from "@hookdict/tensordict";

/** Mutations of each file; `HARVEST_MUTATIONS` asks for more. */
export const MUTATIONS: number = Number(process.env["HARVEST_MUTATIONS"] ?? 100);

/** Values that JSON may have in the place of others. */
const JUNK = [
  "-1",
  "1e99",
  "0.5",
  "null",
  '""',
  '"../../etc/passwd"',
  "[]",
  "{}",
  "true",
  '"\\u0000"',
  "99999999999",
];

/** Whole numbers below a bound that a seed determines. */
export function drawing(seed: number): (below: number) => number {
  const random = seededRandom(seed);
  return (below) => Math.floor(random() * below);
}

/** A text in which a value, or a few characters, are something else. */
export function mutated(text: string, seed: number): string {
  const draw = drawing(seed + 1);
  const values = [...text.matchAll(/(?<=: |\[|^\s*)("[^"]*"|-?\d+(\.\d+)?|true|false|null)/gm)];
  const value = values[draw(values.length)];
  if (draw(3) > 0 && value !== undefined)
    return text.slice(0, value.index) + JUNK[draw(JUNK.length)] + text.slice(value.index + value[0].length);
  const at = draw(text.length);
  return text.slice(0, at) + String.fromCharCode(32 + draw(90)) + text.slice(at + 1 + draw(4));
}
