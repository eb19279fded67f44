import { readdirSync } from "node:fs";
import * as attribution from "@hookdict/attribution";
import { assert, suite } from "../gate/suite.ts";

const test = suite("methods of attribution");

test("the list holds every exported method", () => {
  const { AttributionMethod, METHODS } = attribution;
  const exported = Object.values(attribution).filter(
    (value) => typeof value === "function" && value.prototype instanceof AttributionMethod,
  );
  assert.equal(new Set(METHODS), new Set(exported));
});

/** Names of what a folder's files hold, one each: `a-b.ts` holds `aB`. */
function namesIn(folder: string): Set<string> {
  const path = new URL(`../../packages/attribution/src/${folder}/`, import.meta.url);
  const camel = (file: string): string =>
    file.replace(/\.ts$/, "").replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  return new Set(readdirSync(path).map((file) => camel(file).toLowerCase()));
}

test("every method and every rule has a file of its own, and every file is in the list", () => {
  const lower = (list: readonly { readonly name: string }[]): Set<string> =>
    new Set(list.map(({ name }) => name.toLowerCase()));
  assert.equal(namesIn("methods"), lower(attribution.METHODS));
  assert.equal(namesIn("relevance/rules"), lower(attribution.RULES));
});

test("each is called as its class is", () => {
  const saliency = new attribution.Saliency({ at: "relu" });
  assert.is(String(saliency), 'Saliency(at: "relu")');
  assert.ok(saliency.equals(new attribution.Saliency({ at: "relu" })));
});

test.run();
