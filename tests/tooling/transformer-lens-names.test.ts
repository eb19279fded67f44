import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Transformer } from "@hookdict/models";
import { FactoredMatrix } from "@hookdict/weights";
import { assert, suite } from "../gate/suite.ts";

const test = suite("TransformerLens's names of analysis and ours");

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = readFileSync(join(root, "docs/coming-from/transformer-lens.md"), "utf8");
const rows = page
  .slice(page.indexOf("## Analysis and patching"))
  .split("\n")
  .filter((line) => line.startsWith("|") && !line.startsWith("| -") && !line.startsWith("| there"))
  .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));

const codeIn = (cell = ""): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);

/** `a_{b,c}_d` as `a_b_d` and `a_c_d`. */
function spelledOut(word: string): string[] {
  const [whole, before = "", inner = "", after = ""] = /^([^{]*)\{([^}]*)\}(.*)$/.exec(word) ?? [];
  return whole === undefined ? [word] : inner.split(",").flatMap((each) => spelledOut(before + each + after));
}

/** The public names of TransformerLens 4.3's modules, and of their classes' methods. */
const THEIRS = JSON.parse(
  readFileSync(new URL("transformer-lens-names.json", import.meta.url), "utf8"),
) as Readonly<Record<string, string>>;

test("every public name of its analysis stands in the tables", () => {
  const named = new Set(
    rows.flatMap(([, theirs]) => codeIn(theirs).flatMap(spelledOut).flatMap((code) => code.match(/\w+/g) ?? [])),
  ); // prettier-ignore
  const all = Object.values(THEIRS).flatMap((names) => names.split(" "));
  assert.ok(all.length > 150);
  assert.equal(
    all.filter((name) => !named.has(name)),
    [],
  );
});

test("what stands beside it is exported, an option of what is, or a part of it", () => {
  const exported = new Set(
    readdirSync(join(root, "packages")).flatMap((name) => {
      const index = readFileSync(join(root, "packages", name, "src/index.ts"), "utf8");
      return [...index.matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(
        ([, list = ""]) => list.match(/\w+/g) ?? [],
      );
    }),
  );
  const isOurs = (code: string): boolean => {
    const member = /^\.(\w+)/.exec(code)?.[1];
    if (member !== undefined) return member in FactoredMatrix.prototype || FIELDS.includes(member);
    const [, of, part] = /^(?:new )?(\w+)(?:\.(\w+))?/.exec(code) ?? [];
    if (of === "model") return part !== undefined && (part in Transformer.prototype || part === "unembed");
    return of !== undefined && (exported.has(of) || WORDS.has(code));
  };
  const ours = rows.flatMap(([, , cell]) => codeIn(cell)).filter((code) => !/^[@{[]/.test(code));
  assert.ok(ours.length > 80);
  assert.equal(
    ours.filter((code) => !isOurs(code)),
    [],
  );
});

/** Fields of a `FactoredMatrix`, which has them once it is made. */
const FIELDS = ["left", "right", "shape"];

/** What else stands as code: names of options, of results and kinds, and TensorFlow.js's. */
const WORDS = new Set([
  "includeGain: false", 'norm: "cached"', 'norm: "recomputed"', "slice: { batch: 0 }", "slice", "layer",
  "pattern", "projectOnto", "translate", "positions", "vectors", 'scorer: "exact"', "basis: { vectors, strength }",
  "values", "axes", "labels", "entries", "keys", "stack", "u", "s", "v", "ranks", "topTokens", "logProbs", "baselines",
  "rotatedSubspace", "lowRankRotation", "rank / width", "get_act_patch_",
  "hooked.sweep({ clean, corrupt })", "hooked.backward(...)",
]); // prettier-ignore

test.run();
