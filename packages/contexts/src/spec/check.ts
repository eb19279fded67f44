import { isDirection } from "@hookdict/core";
import { specInvalid } from "../errors.ts";
import { type Data, listAt, recordAt } from "./fields.ts";
import type { HookSpec } from "./hook-spec.ts";
import { KINDS, OPS } from "./words.ts";
import type { Word } from "./words/word.ts";

/**
 * Checks data of any origin.
 *
 * @throws UsageError `SPEC_INVALID` with the place in the data; `KNOCKOUT_MASK` for a mask with a row that cuts all.
 */
export function checkSpec(data: unknown): HookSpec {
  const spec = recordAt(data, "the spec", ["captures", "interventions"]);
  for (const [i, capture] of listAt(spec["captures"], "captures").entries())
    checkPlace(recordAt(capture, `captures[${i}]`, ["at", "direction"]), `captures[${i}]`);
  for (const [i, item] of listAt(spec["interventions"], "interventions").entries())
    checkIntervention(item, `interventions[${i}]`);
  return spec; // just checked
}

function checkIntervention(data: unknown, where: string): void {
  const given = recordAt(data, where);
  const by = "op" in given && !("kind" in given) ? "op" : "kind";
  const words: Readonly<Record<string, Word>> = by === "op" ? OPS : KINDS;
  const name = given[by];
  const word = typeof name === "string" && Object.hasOwn(words, name) ? words[name] : undefined;
  if (word === undefined)
    throw specInvalid(`${where}.${by}`, `one of ${Object.keys(words).join(", ")}`, name);
  const { needs, may } = word;
  const record = recordAt(data, where, [by, "at", "direction", ...Object.keys(needs), ...Object.keys(may)]);
  checkPlace(record, where);
  for (const [field, check] of Object.entries(needs)) check(record[field], `${where}.${field}`);
  for (const [field, check] of Object.entries(may))
    if (record[field] !== undefined) check(record[field], `${where}.${field}`);
}

function checkPlace({ at, direction = "fwd" }: Data, where: string): void {
  if (typeof at !== "string") throw specInvalid(`${where}.at`, "a glob", at);
  if (!isDirection(direction)) throw specInvalid(`${where}.direction`, "a direction", direction);
}
