import {
  axisSlice,
  type AxisSlice,
  axisSlices,
  type AxisSlices,
  type ContextClass,
  defineContext,
  type HookingContext,
  option,
  optionInvalid,
} from "@hookdict/contexts";
import type { HookInfo, Site } from "@hookdict/core";
import { isTensor } from "@hookdict/tensordict";
import { keep, clone, type Tensor, tidy, where } from "@tensorflow/tfjs-core";
import { checkAxes, maskAt, presentAt } from "../axes.ts";
import { steeringValue, vectorWidth } from "./errors.ts";
import { STEERING_MODES } from "./modes.ts";

/** What stands in a value's place. **Ownership:** borrows; the result belongs to the run. */
export type Steer = (value: Tensor, info: HookInfo) => Tensor;

/** Options of {@link SteeringVectors}. */
export interface SteeringVectorsOptions {
  /** A direction `[width]`, or two for `"swap"`: float32. *Borrowed*, until the context is prepared. */
  readonly vector?: Tensor | readonly [Tensor, Tensor];
  /** How far: a multiple of the vector, or of what the mode does. Default 1. */
  readonly factor?: number;
  /** The name of one of `STEERING_MODES`: `"add"`, `"keepNorm"`, `"ablate"`, `"clamp"`, `"swap"`. Default `"add"`. */
  readonly mode?: string;
  /** Any function, in place of `vector`. */
  readonly steer?: Steer;
  /** Steer only these positions (axis `pos`). Negative ones count from the end; in a generation they are those of the whole row. */
  readonly positions?: AxisSlice;
  /** Steer only these heads (axis `head`). */
  readonly heads?: AxisSlice;
  /** Steer only this part along any declared axes, such as `{ feature: [3, 17] }`, as captures are sliced. */
  readonly slice?: AxisSlices;
}

/**
 * Moves the values at sites along a direction, or by any function: at all places, or at chosen ones.
 *
 * @throws UsageError `OPTION_INVALID`; `PATCH_AXIS` from `prepare`; ShapeError `STEERING_WIDTH`, `STEERING_VALUE`, `PATCH_INDEX` from the run
 * @example
 * const vector = tensor1d([1, 0]);
 * String(new SteeringVectors("blocks.3.hook_resid_post", { vector, factor: 2, positions: -1 }).options.factor); // => "2"
 */
export const SteeringVectors: ContextClass<SteeringVectorsOptions, HookingContext> = defineContext({
  name: "SteeringVectors",
  options: {
    vector: option.of<Tensor | readonly [Tensor, Tensor]>(
      "a float32 tensor [width], or two of them",
      areVectors,
    ),
    factor: option.number().default(1),
    mode: option
      .of<string>(`one of ${STEERING_MODES.map(({ name }) => name).join(", ")}`, (value) =>
        STEERING_MODES.some(({ name }) => name === value),
      )
      .default("add"),
    steer: option.fn<Steer>(),
    positions: axisSlice,
    heads: axisSlice,
    slice: axisSlices.default({}),
  },
  setUp(context, { vector, factor, mode, steer, positions, heads, slice: given }, pattern) {
    const at = {
      ...given,
      ...(positions === undefined ? {} : { pos: positions }),
      ...(heads === undefined ? {} : { head: heads }),
    };
    const sites = context.sites(pattern);
    for (const site of sites) checkAxes(site, Object.keys(at), "SteeringVectors");
    const move = steer ?? along(context, vector, factor, mode);
    context.hook<unknown>({ sites }, "fwd", (value, info) => {
      if (!isTensor(value)) throw steeringValue("SteeringVectors", info.site, value);
      return steered(value, info, at, move);
    });
  },
});

function areVectors(value: unknown): boolean {
  return [value]
    .flat()
    .every((one) => isTensor(one) && one.dtype === "float32" && one.rank === 1 && !one.isDisposed);
}

/** Steering along vectors, which the context holds until it ends. */
function along(
  context: HookingContext,
  vector: Tensor | readonly [Tensor, Tensor] | undefined,
  factor: number,
  name: string,
): Steer {
  const mode = STEERING_MODES.find((each) => each.name === name) ?? STEERING_MODES[0];
  const given = vector === undefined ? [] : [vector].flat();
  if (mode === undefined || given.length !== mode.vectors)
    throw optionInvalid(
      "SteeringVectors",
      "vector",
      `${given.length} of them`,
      `${mode?.vectors ?? 1} for the mode ${name}`,
    );
  const vectors = given.map((one) => keep(clone(one))); // flat() of a tensor loses its type
  context.defer(() => {
    for (const one of vectors) one.dispose();
  });
  return (value, { site }) => {
    checkWidths(site, value, vectors);
    return mode.steer({ value, vectors, factor });
  };
}

function checkWidths(site: Site, value: Tensor, vectors: readonly Tensor[]): void {
  if (value.dtype !== "float32") throw steeringValue("SteeringVectors", site, value);
  const width = value.shape.at(-1) ?? 1;
  for (const { shape } of vectors) if (shape[0] !== width) throw vectorWidth(site, width, shape);
}

/** The steered value at the chosen places, the value elsewhere. */
function steered(value: Tensor, info: HookInfo, at: AxisSlices, move: Steer): Tensor | undefined {
  const present = presentAt(info, value.shape, at);
  if (present === undefined) return undefined;
  return tidy(() => {
    const moved = move(value, info);
    const mask = maskAt(info.site, value.shape, present);
    return mask === undefined ? moved : where(mask, moved, value);
  });
}
