import type { HookInfo, Site } from "@hookdict/core";
import { isTensor } from "@hookdict/tensordict";
import { keptClone } from "@hookdict/tensordict/tensors";
import { add, clone, customGrad, type Tensor } from "@tensorflow/tfjs-core";
import { ruleUnfit } from "../errors.ts";
import { type AttributionContext, placeOf } from "../method.ts";
import type { PartDescription } from "../parts/part.ts";
import type { Place } from "../parts/place.ts";
import { vjp } from "../parts/vjp.ts";
import type { RelevanceRule } from "./rule.ts";
import { gradient as plainRule } from "./rules/gradient.ts";

/** A place with the rule of each of its stages; `undefined` where plain gradients pass. */
export interface RuledPlace {
  readonly place: Place;
  readonly rules: readonly (RelevanceRule | undefined)[];
}

/** What a place saw in the pass under way. */
interface Seen {
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  /** What has arrived at the output. */
  relevance: Tensor | undefined;
}

/** Lets rules pass relevance back through places, in passes that are the method's own. */
export function hookRules(context: AttributionContext, places: readonly RuledPlace[]): void {
  const passages = new Map<string, Seen>();
  const forget = (): void => {
    for (const seen of passages.values()) freeSeen(seen);
    passages.clear();
  };
  context.binding.onRunStart(forget);
  context.defer(forget);
  for (const ruled of places) if (!isPlain(ruled)) hookPlace(context, ruled, passages);
}

/** Whether gradients pass as TensorFlow.js has them: nothing needs to be hooked there. */
function isPlain({ place, rules }: RuledPlace): boolean {
  return rules.every((rule, i) => {
    const isMerged = place.stages?.[i]?.linear?.isMerged === true;
    return !isMerged && (rule === undefined || rule === plainRule());
  });
}

function hookPlace(context: AttributionContext, ruled: RuledPlace, passages: Map<string, Seen>): void {
  const sites: readonly Site[] = [ruled.place.site];
  const isOurs = (): boolean => context.listening?.isOwn === true;
  context.hook({ sites }, "fwd", {
    order: "pre", // what the place itself gives, before others change it
    run: (value: unknown, info: HookInfo) => {
      const inputs = listOf(info.inputs);
      if (!isOurs() || !isTensor(value) || !inputs.every(isTensor)) return undefined;
      const seen: Seen = { inputs: inputs.map(keptClone), output: keptClone(value), relevance: undefined };
      passages.set(placeOf(info), seen);
      return noteRelevance(value, (relevance) => {
        if (isOurs()) seen.relevance = keptClone(relevance); // not in a gradient of what was attributed
      });
    },
  });
  context.hook({ sites }, "bwd", {
    unfired: "ignore",
    run: (gradient: unknown, info: HookInfo) => {
      const seen = passages.get(placeOf(info));
      if (!isOurs() || seen?.relevance === undefined) return undefined;
      const passed = passBack(
        ruled,
        seen,
        seen.relevance,
        listOf(gradient) as readonly (Tensor | undefined)[],
      ); // every input is a tensor
      freeSeen(seen);
      passages.delete(placeOf(info));
      return Array.isArray(gradient) ? passed : passed[0];
    },
  });
}

/** The value again; what arrives at it, through whatever other hooks make of it, is noted. */
function noteRelevance(value: Tensor, note: (relevance: Tensor) => void): Tensor {
  return customGrad((given) => ({
    value: clone(given as Tensor), // one is given
    gradFunc: (relevance: Tensor) => {
      note(relevance);
      return clone(relevance);
    },
  }))(value);
}

function freeSeen({ inputs, output, relevance }: Seen): void {
  for (const each of [...inputs, output]) each.dispose();
  relevance?.dispose();
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [value];
}

/** Relevance at the inputs that hooks see; weights among them keep their gradients, and whole numbers have none. */
function passBack(
  { place, rules }: RuledPlace,
  { inputs, output }: Seen,
  relevance: Tensor,
  gradients: readonly (Tensor | undefined)[],
): readonly (Tensor | undefined)[] {
  const data = (place.data ?? inputs.map((_, i) => i)).filter((i) => gradients[i] !== undefined);
  const given = data.map((i) => inputs[i] as Tensor); // positions of inputs
  const stages = place.stages ?? [undefined];
  const values = valuesBetween(stages, given, output);
  let passed: readonly Tensor[] = [relevance];
  for (let i = stages.length - 1; i >= 0; i--) {
    const part = stages[i];
    const [before, after] = [values[i] as readonly Tensor[], values[i + 1]?.[0] as Tensor]; // one more than stages
    const [arriving] = passed as [Tensor];
    const isWhole = stages.length === 1 && part?.linear?.isMerged !== true;
    const plain = (): readonly Tensor[] =>
      isWhole
        ? data.map((n) => gradients[n] as Tensor)
        : [stageGradient(part, before[0] as Tensor, arriving)];
    const rule = rules[i];
    const passage = { inputs: before, output: after, relevance: arriving, part };
    passed =
      rule === undefined
        ? plain()
        : rule.pass({
            ...passage,
            get gradients() {
              return plain(); // most rules do not ask
            },
          });
  }
  return gradients.map((gradient, i) => (data.includes(i) ? passed[data.indexOf(i)] : gradient));
}

/** What goes into each stage and, at the end, comes out of the last. */
function valuesBetween(
  stages: readonly (PartDescription | undefined)[],
  inputs: readonly Tensor[],
  output: Tensor,
): (readonly Tensor[])[] {
  const values: (readonly Tensor[])[] = [inputs];
  for (const part of stages.slice(0, -1)) values.push([stageForward(part, values.at(-1)?.[0] as Tensor)]); // each has one input
  return [...values, [output]];
}

/** Stages of one place are linear or can be computed again. @throws UsageError `RULE_UNFIT` */
function stageForward(part: PartDescription | undefined, x: Tensor): Tensor {
  if (part?.forward !== undefined) return part.forward(x);
  if (part?.linear === undefined) throw ruleUnfit("gradient", part?.kind ?? "unknown");
  const { kernel, bias } = part.linear.weights();
  const product = part.linear.apply(x, kernel);
  return bias === undefined ? product : add(product, bias);
}

function stageGradient(part: PartDescription | undefined, x: Tensor, dy: Tensor): Tensor {
  if (part?.linear !== undefined) return part.linear.adjoint(dy, part.linear.weights().kernel, x.shape);
  return vjp((given) => stageForward(part, given), x, dy);
}
