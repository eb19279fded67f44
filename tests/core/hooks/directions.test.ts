import {
  type Hookable,
  HookFactory,
  type HookInfo,
  mapTensors,
  MultiHookManager,
  tensorsOf,
} from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import { addN, mul, square, sum } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { isUpToDate } from "../../support/generated.ts";
import { directionsSection } from "./directions-doc.ts";
import { DIRECTION_MODELS, type DirectionModel } from "./direction-models.ts";
import { build, expected, expectedCapture, free, plain, plainInfo } from "./direction-values.ts";
import { DIRECTION_TABLE, type DirectionRow, INPUTS, type ValueKind } from "./directions.ts";

const test = suite("directions");

/** One cell of the table on one kind of model. */
interface Trial {
  readonly row: DirectionRow;
  readonly kind: ValueKind;
  readonly model: Hookable;
  readonly runs: number;
  /** Runs the model forward and backward once; gives its outputs and the gradients that reach `up`. */
  readonly run: () => { readonly outputs: unknown; readonly gradients: unknown };
}

for (const model of DIRECTION_MODELS) {
  for (const row of DIRECTION_TABLE) {
    for (const kind of model.values) declare(model, row, kind);
  }
}

function declare(model: DirectionModel, row: DirectionRow, kind: ValueKind): void {
  const name = `${row.direction} of a ${kind} in ${model.name}`;
  test(`${name}: what the hook sees and what is captured`, () => withTrial(model, row, kind, sees));
  test(`${name}: what a replacement changes`, () => withTrial(model, row, kind, changes));
}

function withTrial(
  { create, tensorOf, args, runs }: DirectionModel,
  row: DirectionRow,
  kind: ValueKind,
  body: (trial: Trial) => void,
): void {
  const value = build(kind, INPUTS, tensorOf);
  const model = create(kind);
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

test("the table in docs/hooks.md is this one; `pnpm tables` writes it", () => {
  assert.ok(isUpToDate(directionsSection()));
});

/** Every tensor ×10, and `by` 7 where there are keyword inputs. */
function tenfold(value: unknown): unknown {
  const mapped = mapTensors(value, (tensor) => mul(tensor, 10));
  return isKwargsValue(mapped) ? { inputs: mapped.inputs, kwargs: { by: 7 } } : mapped;
}

function isKwargsValue(value: unknown): value is { readonly inputs: unknown } {
  return typeof value === "object" && value !== null && "kwargs" in value;
}

test.run();
