import { type GeneratedSection, markdownTable } from "../support/generated.ts";
import { GRADIENT_PAIRS, type GradientOutcome, type GradientPair } from "./gradient-pairs.ts";
import { type Pair, PAIRS } from "./pairs.ts";

const FILE = new URL("../../docs/contexts.md", import.meta.url);

/** The tables of pairs as `docs/contexts.md` shows them. */
export function pairsSections(): readonly GeneratedSection[] {
  return [
    { file: FILE, name: "pairs", content: pairsTable() },
    { file: FILE, name: "pairs of gradients", content: gradientPairsTable() },
  ];
}

function pairsTable(): string {
  const head = [
    "first",
    "second",
    "first captures",
    "second captures",
    "the value becomes",
    "the gradient upstream",
    "order",
    "passes",
  ];
  return markdownTable(head, PAIRS.map(cells));
}

function cells({ first, second, captured, result, gradient, isOrdered, passes }: Pair): readonly string[] {
  return [
    first.name,
    second.name,
    ...captured.map(capture),
    result === null ? "the run stops" : String(result),
    upstream(gradient),
    orderOf(isOrdered),
    String(passes),
  ];
}

function gradientPairsTable(): string {
  const outcome = ["first captures", "second captures", "the gradient upstream"];
  const head = [
    "first",
    "second",
    ...outcome.map((title) => `\`bwd_pre\`: ${title}`),
    ...outcome.map((title) => `\`bwd\`: ${title}`),
    "order",
    "passes",
  ];
  return markdownTable(head, GRADIENT_PAIRS.map(gradientCells));
}

function gradientCells({ first, second, outcomes, isOrdered, passes }: GradientPair): readonly string[] {
  const shown = (["bwd_pre", "bwd"] as const).flatMap((direction) => outcomeCells(outcomes[direction]));
  return [first.name, second.name, ...shown, orderOf(isOrdered), String(passes)];
}

function outcomeCells(outcome: GradientOutcome | string): readonly string[] {
  if (typeof outcome === "string") return ["", "", `\`${outcome}\``];
  return [...outcome.captured.map(capture), upstream(outcome.gradient)];
}

function capture(value: number | null): string {
  return value === null ? "" : String(value);
}

function upstream(gradient: number | null): string {
  return gradient === null ? "none" : String(gradient);
}

function orderOf(isOrdered: boolean): string {
  return isOrdered ? "matters" : "any";
}
