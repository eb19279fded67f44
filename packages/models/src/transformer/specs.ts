/** A parameter that takes some of a tensor's output units. */
export interface Part {
  /** Its name; `name#3` is row 3 of it. */
  readonly parameter: string;
  /** Numbers of the output units, in the parameter's order. */
  readonly units: readonly number[];
}

/** One tensor of a checkpoint, and which parameter it becomes. */
export interface TensorSpec {
  readonly name: string;
  /** Shape in the checkpoint. */
  readonly shape: readonly number[];
  /**
   * `plain`: as it is. `out-in`: a matrix of output units' rows, which in memory become columns. `in-out`: a matrix
   * whose columns are output units; a vector's elements are units. `stacked`: several of `in-out` behind each other,
   * a parameter each, whose names have `{}` for the number.
   */
  readonly layout: "plain" | "out-in" | "in-out" | "stacked";
  readonly parts: readonly Part[];
  /** Other names under which checkpoints have it, such as that of a matrix that is tied to it. */
  readonly aliases?: readonly string[];
}

/** A tensor that becomes one parameter as it is. */
export function plain(name: string, shape: readonly number[], parameter: string): TensorSpec {
  return { name, shape, layout: "plain", parts: [{ parameter, units: [] }] };
}

/** `length` numbers from `first`. */
export function range(first: number, length: number): number[] {
  return Array.from({ length }, (_, i) => first + i);
}

/** Weight `[out, in]` and bias of a linear layer, whose output units may belong to several parameters. */
export function linearSpecs(
  name: string,
  [dIn, dOut]: readonly [number, number],
  parts: readonly (readonly [suffix: string, units: readonly number[]])[],
  hasBias: boolean,
  options: { readonly prefix: string; readonly isInOut?: boolean },
): TensorSpec[] {
  const of = (kind: string): Part[] =>
    parts.map(([suffix, units]) => ({ parameter: `${options.prefix}${kind}_${suffix}`, units }));
  const isInOut = options.isInOut === true;
  const weight: TensorSpec = {
    name: `${name}.weight`,
    shape: isInOut ? [dIn, dOut] : [dOut, dIn],
    layout: isInOut ? "in-out" : "out-in",
    parts: of("W"),
  };
  const bias: TensorSpec = { name: `${name}.bias`, shape: [dOut], layout: "in-out", parts: of("b") };
  return hasBias ? [weight, bias] : [weight];
}

/** A linear layer that becomes `W_<suffix>` and `b_<suffix>`. */
export function denseSpecs(
  name: string,
  sizes: readonly [number, number],
  suffix: string,
  hasBias: boolean,
  prefix: string,
): TensorSpec[] {
  return linearSpecs(name, sizes, [[suffix, range(0, sizes[1])]], hasBias, { prefix });
}
