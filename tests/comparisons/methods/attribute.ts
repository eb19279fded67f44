import type { AttributeOptions, AttributionMethod } from "@hookdict/attribution";
import type { Hookable } from "@hookdict/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { smallModel } from "../../support/small-models.ts";
import type { Compute, Given } from "./cases.ts";

/** The small model of a case. */
export function modelOf(given: Given): Hookable<readonly Tensor[], Tensor> {
  if (given.model !== undefined) return given.model;
  const { model } = given.case;
  return smallModel(model, given.models.below(`model/${model}/`)) as unknown as Hookable<
    readonly Tensor[],
    Tensor
  >;
}

/** Classes of a case. */
export function classesOf(given: Given): number[] {
  return [...given.input("target").dataSync()];
}

/** A case's results: an attribution under a role, and further keys. */
export interface Roles {
  /** Role of the attribution. Default `"attr"`. */
  readonly role?: string;
  /** The place. Default the input. */
  readonly place?: string;
  /** Other roles, by key of the result. */
  readonly more?: Readonly<Record<string, string | readonly string[]>>;
  readonly options?: AttributeOptions;
}

/** Attributes with a method and takes what the roles say. **Ownership:** returns owned. */
export function attributed(
  given: Given,
  method: AttributionMethod,
  { role = "attr", place = "input", more = {}, options = {} }: Roles = {},
): Record<string, Tensor> {
  using hooked = method.prepare(modelOf(given));
  using result = hooked.attribute([given.input("x")], { target: classesOf(given), ...options });
  const found: Record<string, Tensor> = { [role]: result.get<Tensor>(["attr", place]).clone() };
  for (const [name, key] of Object.entries(more)) found[name] = result.get<Tensor>(key as string).clone();
  return found;
}

/** A computation that is one method with options made of the case. */
export function by(
  make: (given: Given) => AttributionMethod,
  roles: (given: Given) => Roles = () => ({}),
): Compute {
  return (given) => Promise.resolve(attributed(given, make(given), roles(given)));
}
