import { DIRECTIONS } from "@hookdict/core";
import { type Fields, parseFields } from "../checks/fields.ts";
import { harvestFileInvalid } from "../checks/errors.ts";
import type { PlanFile, PlannedData, PlannedFeatures, PlannedTensor, StoredDtype } from "./plan.ts";

const STORED: readonly StoredDtype[] = ["F32", "F16", "BF16", "I32", "U8"];

/** Most items of a harvest. */
export const MOST_ITEMS = 1_000_000;

/** A plan of bytes from elsewhere. @throws FormatError `HARVEST_FILE_INVALID`, `JSON_*`. */
export function parsePlan(file: string, bytes: Uint8Array): PlanFile {
  const fields = parseFields(file, bytes);
  fields.word("format", ["hookdict-harvest"]);
  fields.whole("version", 1, 1);
  const data = parseData(fields.record("data"));
  const itemRows = fields.whole("itemRows", 1);
  const items = fields.whole("items", 1, MOST_ITEMS);
  if (items !== Math.ceil(data.rows / itemRows))
    throw harvestFileInvalid(file, `${data.rows} rows in items of ${itemRows} are not ${items} items`);
  const recipe = fields.record("recipe");
  const plan: PlanFile = {
    format: "hookdict-harvest",
    version: 1,
    recipe: { name: recipe.text("name", /^[\w][\w.-]*$/), sha256: recipe.sha256("sha256") },
    model: fields.records("model").map((each) => ({
      name: each.text("name"),
      bytes: each.whole("bytes"),
      sha256: each.sha256("sha256"),
    })),
    data,
    tensors: fields.records("tensors").map((each) => parseTensor(each, data.context)),
    features: fields.records("features").map(parseFeatures),
    itemRows,
    batchRows: fields.whole("batchRows", 1),
    items,
    versions: fields.texts("versions"),
  };
  checkNames(file, plan);
  return plan;
}

function parseData(fields: Fields): PlannedData {
  return {
    location: fields.text("location"),
    sha256: fields.sha256("sha256"),
    rows: fields.whole("rows", 1, 2 ** 40),
    context: fields.whole("context", 1, 1 << 16),
    policy: fields.word("policy", ["concat", "document"]),
    dtype: fields.word("dtype", ["U16", "U32"]),
    bos: fields.wholeOrNull("bos"),
  };
}

function parseTensor(fields: Fields, context: number): PlannedTensor {
  const shape = fields.list("shape", 16).length === 0 ? [] : fields.shape("shape");
  const isPositional = fields.flag("isPositional");
  if (isPositional && shape[0] !== context) throw fields.wrong("shape", `one that begins with ${context}`);
  return {
    name: fields.text("name"),
    direction: fields.word("direction", DIRECTIONS),
    site: fields.text("site"),
    dtype: fields.word("dtype", STORED),
    shape,
    isPositional,
  };
}

function parseFeatures(fields: Fields): PlannedFeatures {
  const keep = fields.record("keep");
  return {
    name: fields.text("name"),
    site: fields.text("site"),
    width: fields.whole("width", 1, 2 ** 31 - 1),
    keep: keep.has("topK") ? { topK: keep.whole("topK", 1) } : { above: keep.number("above") },
  };
}

/** Names of the tensors that every shard has besides. */
const OWN = [
  "tokens",
  "document",
  "position",
  "mask",
  "__metadata__",
  "__proto__",
  "constructor",
  "prototype",
];

function checkNames(file: string, plan: PlanFile): void {
  const seen = new Set(OWN);
  const names = [
    ...plan.tensors.map(({ name }) => name),
    ...plan.features.flatMap(({ name }) => [`${name}.offsets`, `${name}.indices`, `${name}.values`]),
  ];
  for (const name of names) {
    if (seen.has(name) || name === "")
      throw harvestFileInvalid(file, `the tensor ${JSON.stringify(name)} is there twice`);
    seen.add(name);
  }
}
