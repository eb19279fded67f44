import { type GeneratedSection, markdownTable } from "../support/generated.ts";
import { type Pair, PAIRS } from "./pairs.ts";

/** The table of pairs as `docs/contexts.md` shows it. */
export function pairsSection(): GeneratedSection {
  const head = [
    "first",
    "second",
    "first captures",
    "second captures",
    "the value becomes",
    "order",
    "passes",
  ];
  return {
    file: new URL("../../docs/contexts.md", import.meta.url),
    name: "pairs",
    content: markdownTable(head, PAIRS.map(cells)),
  };
}

function cells({ first, second, captured, result, isOrdered, passes }: Pair): readonly string[] {
  const [a, b] = captured.map((value) => (value === null ? "" : String(value)));
  return [
    first,
    second,
    a ?? "",
    b ?? "",
    result === null ? "the run stops" : String(result),
    isOrdered ? "matters" : "any",
    String(passes),
  ];
}
