import {
  argumentInvalid,
  checkArgument,
  checkOptionNames,
  isTensor,
  isTensorDict,
} from "@hookdict/tensordict";

/** The options of everything that takes many runs. */
export const WORK_OPTIONS: readonly string[] = ["onProgress", "signal"];

/** Refuses options of other names, and those of work that it cannot use. @throws UsageError `ARGUMENT_INVALID` */
export function checkWork(what: string, options: unknown, names: readonly string[]): void {
  checkOptionNames(what, options, [...names, ...WORK_OPTIONS]);
  const { onProgress, signal } = options as Readonly<Record<string, unknown>>; // just checked
  checkArgument(what, "onProgress", onProgress, "a function?");
  checkArgument(what, "signal", signal, "a record?");
}

/** Refuses what is no TensorDict, or was disposed. @throws UsageError `ARGUMENT_INVALID` */
export function checkDict(what: string, name: string, dict: unknown): void {
  if (!isTensorDict(dict) || dict.isDisposed)
    throw argumentInvalid(what, name, dict, "a TensorDict that lives");
}

/** Refuses what are no tokens `[batch, pos]`. @throws UsageError `ARGUMENT_INVALID` */
export function checkTokens(what: string, name: string, tokens: unknown): void {
  const isFit = isTensor(tokens) && !tokens.isDisposed && tokens.dtype === "int32" && tokens.rank === 2;
  if (!isFit) throw argumentInvalid(what, name, tokens, "an int32 tensor [batch, pos]");
}

/** Refuses what is no pair of prompts. @throws UsageError `ARGUMENT_INVALID` */
export function checkPrompts(
  what: string,
  prompts: { readonly clean: unknown; readonly corrupt: unknown },
): void {
  checkArgument(what, "prompts", prompts, "a record");
  checkArgument(what, "prompts.clean", prompts.clean, "a tensor of numbers");
  checkArgument(what, "prompts.corrupt", prompts.corrupt, "a tensor of numbers");
}

interface Edge {
  readonly source: unknown;
  readonly destination: unknown;
  readonly score: unknown;
}

/** Refuses what is no circuit. @throws UsageError `ARGUMENT_INVALID` */
export function checkCircuit(
  what: string,
  circuit: { readonly nodes: unknown; readonly edges: readonly Edge[] },
): void {
  checkArgument(what, "circuit", circuit, "a record");
  checkArgument(what, "circuit.nodes", circuit.nodes, "a list of texts");
  checkArgument(what, "circuit.edges", circuit.edges, "a list");
  for (const edge of circuit.edges) {
    checkArgument(what, "an edge", edge, "a record");
    checkArgument(what, "edge.source", edge.source, "text");
    checkArgument(what, "edge.destination", edge.destination, "text");
    checkArgument(what, "edge.score", edge.score, "a finite number");
  }
}
