import { type Hookable, HookFactory, type HookInfo, MultiHookManager } from "@hookdict/core";
import { mapTensors, tensorsOf } from "@hookdict/tensordict";
import { ActivationCaching } from "@hookdict/latent";
import { addN, mul, square, sum } from "@tensorflow/tfjs-core";
import { assert, type suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";
import type { DirectionModel } from "./direction-models.ts";
import { build, expected, expectedCapture, free, plain, plainInfo } from "./direction-values.ts";
import { type DirectionRow, directionTable, INPUTS, VALUE_KINDS, type ValueKind } from "./directions.ts";

/** One cell of the table on one kind of site. */
interface Trial {
  readonly row: DirectionRow;
  readonly kind: ValueKind;
  readonly model: Hookable;
  readonly runs: number;
  /** Runs the model forward and backward once; gives its outputs and the gradients that reach `up`. */
  readonly run: () => { readonly outputs: unknown; readonly gradients: unknown };
}

/** Declares the tests of a kind of site: every direction with every kind of value, or that it cannot have it. */
export function declareTrials(test: ReturnType<typeof suite>, model: DirectionModel): void {
  const { name, values, keywords } = model.row;
  if (keywords !== null)
    test(`${name} takes no keyword inputs: a hook that gives some is refused`, () => refusesKeywords(model));
  for (const kind of VALUE_KINDS) {
    if (values[kind] !== null) {
      test(`${name} has no ${kind}: a hook that returns one is refused`, () => refuses(model, kind));
      continue;
    }
    for (const row of directionTable(model.row)) {
      const place = `${row.direction} of a ${kind} in ${name}`;
      test(`${place}: what the hook sees and what is captured`, () => withTrial(model, row, kind, sees));
      test(`${place}: what a replacement changes`, () => withTrial(model, row, kind, changes));
    }
  }
}

function withTrial(
  { create, tensorOf, args, runs }: DirectionModel,
  row: DirectionRow,
  kind: ValueKind,
  body: (trial: Trial) => void,
): void {
  const value = build(kind, INPUTS, tensorOf);
  const { hookable: model, dispose } = create(kind);
  const run: Trial["run"] = () => {
    let outputs: unknown;
    let gradients: unknown;
    using manager = new MultiHookManager(model);
    manager.register(
      "up",
      "bwd",
      HookFactory.observe((gradient) => void (gradients = plain(gradient))),
    );
    using hooked = new ActivationCaching("site").prepare(model);
    hooked.backward(() => {
      const y = hooked.call(...args(value));
      const loss = addN(tensorsOf(y).map((tensor) => sum(square(tensor))));
      outputs = plain(y);
      free(y);
      return loss;
    });
    return { outputs, gradients };
  };
  body({ row, kind, model, run, runs: runs(kind) });
  free(value);
  dispose();
}

/** Keyword inputs that a hook gives to a site that takes none do not get lost. */
function refusesKeywords({ create, tensorOf, args }: DirectionModel): void {
  const x = build("tensor", INPUTS, tensorOf);
  const { hookable, dispose } = create("tensor");
  using manager = new MultiHookManager(hookable);
  manager.register("site", "fwd_pre_kwargs", ({ inputs }: { inputs: unknown }) => ({
    inputs,
    kwargs: { by: 7 },
  }));
  const [code] = failure(() => hookable.hookTarget().call(args(x)));
  assert.is(code, "KWARGS_REFUSED");
  free(x);
  dispose();
}

/** A kind of value that no such site has cannot come in by a hook, either. */
function refuses({ create, tensorOf, args }: DirectionModel, kind: ValueKind): void {
  const x = build("tensor", INPUTS, tensorOf);
  const other = build(kind, INPUTS, tensorOf);
  const { hookable, dispose } = create("tensor");
  using manager = new MultiHookManager(hookable);
  for (const direction of ["fwd_pre", "fwd"] as const) {
    using _hook = manager.register("site", direction, () => other);
    const [code] = failure(() => hookable.hookTarget().call(args(x)));
    assert.is(code, "REPLACEMENT_SHAPE");
  }
  free(x);
  free(other);
  dispose();
}

function sees({ row, kind, model, run, runs }: Trial): void {
  const seen: unknown[] = [];
  const spy = (value: unknown, info: HookInfo): unknown => seen.push([plain(value), plainInfo(info)]);
  using manager = new MultiHookManager(model);
  manager.register("site", row.direction, HookFactory.observe(spy));
  using hooked = new ActivationCaching("site", { directions: [row.direction] }).prepare(model);
  run();
  const info = Object.entries(row.info).map(([name, item]) => [
    name,
    name === "kwargs" ? item : expected(kind, item as DirectionRow["before"]),
  ]);
  const one = [expected(kind, row.sees), Object.fromEntries(info)];
  const isForward = row.direction.startsWith("fwd");
  assert.equal(
    seen,
    Array.from({ length: isForward ? runs : 1 }, () => one),
  );
  const key = runs === 1 ? "site" : `site#${runs - 1}`;
  assert.equal(plain(hooked.cache.get([row.direction, key])), expectedCapture(kind, row.captured));
}

function changes({ row, kind, model, run }: Trial): void {
  const measure = (): unknown => (row.changes === "outputs" ? run().outputs : run().gradients);
  assert.equal(measure(), expected(kind, row.before));
  {
    using manager = new MultiHookManager(model);
    manager.register("site", row.direction, () => undefined);
    assert.equal(measure(), expected(kind, row.before), "undefined changes nothing");
    manager.register("site", row.direction, tenfold);
    manager.register(
      "site",
      row.direction,
      HookFactory.observe((value) => {
        assert.equal(plain(value), expected(kind, row.returns));
      }),
    );
    assert.equal(measure(), expected(kind, row.after));
  }
  assert.equal(measure(), expected(kind, row.before));
}

/** Every tensor ×10, and `by` 7 where there are keyword inputs. */
function tenfold(value: unknown): unknown {
  const mapped = mapTensors(value, (tensor) => mul(tensor, 10));
  return hasKeywords(mapped) ? { inputs: mapped.inputs, kwargs: { by: 7 } } : mapped;
}

function hasKeywords(value: unknown): value is { readonly inputs: unknown } {
  return typeof value === "object" && value !== null && "kwargs" in value && value.kwargs !== undefined;
}
