import {
  ablateHeads,
  detectHeads,
  DETECTION_PATTERNS,
  pathPatching,
  type Receiver,
} from "@hookdict/circuits";
import { clone, tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { metricOf } from "./patching.ts";
import type { Analysis, Answer, Found, Params } from "./setting.ts";

const NAMES = {
  previous_token: "previousToken",
  duplicate_token: "duplicateToken",
  induction: "induction",
} as const;

/** `heads/<kind>/...`: scores on the tokens of the same file. */
export function headAnswer(all: Analysis, tokens: Tensor2D, parts: readonly string[]): Found | undefined {
  const [kind = "", measure = "", ...flags] = parts;
  if (kind === "tokens") return { values: clone(tokens) };
  const pattern = NAMES[kind as keyof typeof NAMES];
  if (measure === "pattern") {
    const rows = DETECTION_PATTERNS.find(({ name }) => name === pattern)?.of([...tokens.dataSync()]);
    return rows === undefined ? undefined : { values: tensor(rows) };
  }
  const bos = flags.includes("exclude_bos=True");
  const current = flags.includes("exclude_current=True");
  // TransformerLens zeroes what it leaves out in the cache itself, so that it stays left out in all later calls; the values were
  // computed kind by kind, `mul` before `abs`, without and with the current token, without and with BOS.
  const isFirst = kind === "previous_token" && measure === "mul";
  const excludeBos = !isFirst || bos || current;
  const excludeCurrent = !isFirst || current;
  using found = detectHeads(all.model, tokens, {
    pattern,
    measure: measure as "mul" | "abs",
    excludeBos,
    excludeCurrent,
  });
  const values = found.get("values");
  if (measure === "mul") return { values: clone(values) };
  // There the pattern is 0, but what was looked for still counts. Rounded to three digits, as theirs.
  const rows = DETECTION_PATTERNS.find(({ name }) => name === pattern)?.of([...tokens.dataSync()]) ?? [];
  const isMissed = (dest: number, src: number): boolean => (!bos && src === 0) || (!current && src === dest);
  const sought = rows.flatMap((row, dest) => row.filter((_, src) => isMissed(dest, src)));
  const missed = sought.reduce((sum, each) => sum + each, 0) / rows.length;
  const rounded = [...values.dataSync()].map((each) => Math.round((each - missed) * 1000) / 1000);
  return { values: tensor(rounded, values.shape) };
}

const ablate: Answer = (pair, { rest = "" }) => {
  using found = ablateHeads(pair.model, pair.clean, {
    by: rest as "zero" | "mean" | "resample",
    others: pair.corrupt,
    metrics: metricOf(pair),
  });
  return { values: clone(found.get("values")) };
};

function receiverOf({ rest = "", receiver = "" }: Params): Receiver {
  const input = /^head_to_(\w+)/.exec(rest)?.[1] ?? "";
  if (input === "final") return "final";
  const [, layer, head] = /^[LM](\d+)(?:H(\d+))?$/.exec(receiver) ?? [];
  if (input === "mlp") return { layer: Number(layer), input };
  return { layer: Number(layer), head: Number(head), input: input as "q" | "k" | "v" };
}

const path: Answer = (pair, params) => {
  const prompts = { clean: pair.clean, corrupt: pair.corrupt };
  using found = pathPatching(pair.model, prompts, {
    receivers: receiverOf(params),
    freezeMlps: params["freeze_mlps"] === "True",
    metrics: metricOf(pair),
  });
  return { values: clone(found.get("values")) };
};

/** Heads that are ablated, and paths between them. */
export const ofHeads: Readonly<Record<string, Answer>> = { ablate_head: ablate, path_patch: path };
