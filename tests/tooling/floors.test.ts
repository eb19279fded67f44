import { fileURLToPath } from "node:url";
import { assert, suite } from "../gate/suite.ts";
import { sourcesIn, violations } from "./floors.ts";

const packages = fileURLToPath(new URL("../../packages", import.meta.url));

const test = suite("floors");

test("every import of every package goes down, by value and by type", () => {
  const sources = sourcesIn(packages);
  assert.ok(sources.length > 200);
  assert.equal(violations(sources), []);
});

/** A file of core or another package, what it says, and what is wrong with that. */
const synthetic: readonly (readonly [path: string, text: string, reason: string | undefined])[] = [
  ["core/src/hooks/a.ts", 'import { x } from "../targets/target.ts";', "hooks does not stand on targets"],
  [
    "core/src/hooks/a.ts",
    'import type { X } from "../targets/target.ts";',
    "hooks does not stand on targets",
  ],
  ["core/src/sites/a.ts", 'export { x } from "../runs/runs.ts";', "sites does not stand on runs"],
  ["core/src/runs/a.ts", 'let x: typeof import("../hooks/slot.ts");', "runs does not stand on hooks"],
  ["core/src/graph/a.ts", 'import { x } from "../layers/call.ts";', "graph does not stand on layers"],
  ["core/src/hooks/a.ts", 'await import("../index.ts");', "hooks does not stand on ."],
  ["core/src/attic/a.ts", 'import "../sites/path.ts";', "the folder attic has no floor"],
  ["core/src/a.ts", 'import "../../latent/src/index.ts";', "it is outside of core/src"],
  ["core/src/a.ts", 'import "@hookdict/contexts";', "core does not stand on contexts"],
  ["latent/src/a.ts", 'import type { X } from "@hookdict/models";', "latent does not stand on models"],
  ["attic/src/a.ts", 'import "@hookdict/core";', "the package attic has no floor"],
  ["tensordict/src/values/a.ts", 'import "../tree/keys.ts";', "values does not stand on tree"],
  ["core/src/layers/gradients/a.ts", 'import "../../hooks/slot.ts"; import "../call.ts";', undefined],
  ["latent/src/a.ts", 'import "@hookdict/tensordict/io";', undefined],
];

for (const [path, text, reason] of synthetic) {
  test(`${path} ${reason === undefined ? "may" : "may not"} say ${text}`, () => {
    const found = violations([{ path, text }]).map((line) => line.split(": ").at(-1));
    assert.equal(found, reason === undefined ? [] : [reason]);
  });
}

test.run();
