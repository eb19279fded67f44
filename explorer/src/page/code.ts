import type { HookSpec } from "@hookdict/contexts";
import type { Deed, Prompts } from "../messages.ts";

/** What a deed is, in words. */
export function deedInWords(deed: Deed): string {
  if (deed.kind === "spec") return specInWords(deed.spec);
  if (deed.kind === "patch") return `patch layer ${deed.layer}, position ${deed.position} from the clean run`;
  if (deed.kind === "steer")
    return `steer before layer ${deed.layer} by ${deed.factor} × (“${deed.plus}” − “${deed.minus}”)`;
  return deed.factor === 0
    ? `knock out head ${deed.layer}.${deed.head}`
    : `scale head ${deed.layer}.${deed.head} by ${deed.factor}`;
}

function specInWords({ captures = [], interventions = [] }: HookSpec): string {
  const changes = interventions.map((each) => {
    const where =
      "positions" in each && each.positions !== undefined ? ` at ${each.positions.join(", ")}` : "";
    return `${"op" in each ? each.op : each.kind} ${each.at}${where}`;
  });
  return [...captures.map(({ at }) => `capture ${at}`), ...changes].join("; ");
}

/** Where models are that have no address: of the files that were dropped, their reader knows. */
const FOLDERS: Readonly<Record<string, string>> = {
  "ioi-tiny": "examples/ioi-patching/model",
  "dropped files": "folder/of/the/files",
};

/** TypeScript that does the same as the page. */
export function codeFor(
  model: string,
  { clean, corrupt, answer, wrong }: Prompts,
  deeds: readonly Deed[],
): string {
  const on = deeds.filter(({ off }) => off !== true);
  const needsSpecs = on.some(({ kind }) => kind === "spec");
  const needsClean = on.some(({ kind }) => kind === "patch");
  const lines = [
    'import { loadBackend } from "@hookdict/backends";',
    ...(needsSpecs ? ['import { Interventions } from "@hookdict/contexts";'] : []),
    'import { MultiHookManager } from "@hookdict/core";',
    'import { ActivationCaching } from "@hookdict/latent";',
    'import { loadModel } from "@hookdict/models";',
    'import { add, concat, gather, mul, slice, sub, tensor, type Tensor } from "@tensorflow/tfjs-core";',
    "",
    "await loadBackend();",
    `using model = await loadModel(${JSON.stringify(FOLDERS[model] ?? model)});`,
    ...(needsClean
      ? [
          'using source = new ActivationCaching("blocks.*.hook_resid_pre").prepare(model).run((hooked) => {',
          `  hooked.call(model.tokens(${JSON.stringify(clean)})).dispose();`,
          "  return hooked.takeCache();",
          "});",
        ]
      : []),
    ...on.flatMap((deed, i) => linesFor(deed, `done${i}`)),
    `const logits = model.call(model.tokens(${JSON.stringify(corrupt)}));`,
    "const last = gather(logits, [logits.shape[1]! - 1], 1);",
    `const pick = (word: string): Tensor => gather(last, [model.singleToken(word)], 2);`,
    `console.log(sub(pick(${JSON.stringify(answer)}), pick(${JSON.stringify(wrong)})).dataSync()[0]);`,
  ];
  return lines.join("\n");
}

/** Each by itself: hooks act in the order in which they are put there. */
function linesFor(deed: Deed, name: string): readonly string[] {
  if (deed.kind === "spec")
    return [
      `using ${name} = new Interventions(${JSON.stringify(deed.spec)}).prepare(model);`,
      `void ${name};`,
    ];
  return [`using ${name} = new MultiHookManager(model);`, ...lineFor(deed, name)];
}

function lineFor(deed: Exclude<Deed, { readonly kind: "spec" }>, name: string): readonly string[] {
  const path = `blocks.${deed.layer}.${deed.kind === "scaleHead" ? "attn.hook_z" : "hook_resid_pre"}`;
  if (deed.kind === "scaleHead")
    return [
      `${name}.register("${path}", "fwd", (z: Tensor) => mul(z, tensor(Array.from({ length: z.shape[2]! }, (_, head) => (head === ${deed.head} ? ${deed.factor} : 1)), [1, 1, z.shape[2]!, 1])));`,
    ];
  if (deed.kind === "patch")
    return [
      `${name}.register("${path}", "fwd", (x: Tensor) => {`,
      `  const clean = source.get<Tensor>(["fwd", "${path}"]);`,
      `  const part = (from: Tensor, start: number, size: number) => slice(from, [0, start, 0], [1, size, -1]);`,
      `  return concat([part(x, 0, ${deed.position}), part(clean, ${deed.position}, 1), part(x, ${deed.position + 1}, x.shape[1]! - ${deed.position + 1})], 1);`,
      "});",
    ];
  return [
    "{",
    `  const at = (text: string) => new ActivationCaching("${path}").prepare(model).run((hooked) => {`,
    "    hooked.call(model.tokens(text)).dispose();",
    `    const x = hooked.cache.get<Tensor>(["fwd", "${path}"]);`,
    "    return slice(x, [0, x.shape[1]! - 1, 0], [1, 1, -1]);",
    "  });",
    `  const direction = sub(at(${JSON.stringify(deed.plus)}), at(${JSON.stringify(deed.minus)}));`,
    `  ${name}.register("${path}", "fwd", (x: Tensor) => add(x, mul(direction, ${deed.factor})));`,
    "}",
  ];
}
