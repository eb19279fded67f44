import { logitDifference, PatchingSweep, type PatchTable } from "@hookdict/circuits";
import { runWithCache, runWithHooks } from "@hookdict/contexts";
import { loadModel } from "@hookdict/models";
import {
  add,
  eye,
  linalg,
  matMul,
  mul,
  ones,
  randomNormal,
  reshape,
  slice,
  sub,
  type Tensor,
  tensor,
  tensor2d,
  tidy,
  where,
  zeros,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";
import { familyFolder } from "../../models/families/variants.ts";
import { measure } from "./naive.ts";

const test = suite("sweeps on a basis");

const METRIC = logitDifference(3, 5);
const SITE = "blocks.0.hook_resid_post";

test("each cell is h + s (source - h) B Bt, a whole basis is the whole patch, and tables of several bases go together", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  const clean = tensor2d([[1, 5, 3, 7]], undefined, "int32");
  const corrupt = tensor2d([[1, 5, 4, 7]], undefined, "int32");
  const { dModel } = model.config;
  const vectors = tidy(() => linalg.qr(randomNormal([dModel, 2], 0, 1, "float32", 7))[0]);
  const whole = eye(dModel);
  const table = (name: string, basis?: PatchTable["basis"]): PatchTable => ({
    name,
    sites: SITE,
    axes: ["pos"],
    ...(basis !== undefined && { basis }),
  });
  const tables = [
    table("plain"),
    table("half", { vectors, strength: 0.5 }),
    table("plane", { vectors }),
    table("whole", { vectors: whole }),
  ];
  using hooked = new PatchingSweep({ tables, metrics: METRIC }).prepare(model);
  using swept = hooked.sweep({ clean, corrupt });
  const of = (name: string): number[] => [...swept.get<Tensor>([name, "values"]).dataSync()];
  const { output, cache } = runWithCache(model, [clean], { names: SITE });
  const source = cache.get<Tensor>(["fwd", SITE]);
  for (const [name, strength] of [
    ["half", 0.5],
    ["plane", 1],
  ] as const) {
    const want = [0, 1, 2, 3].map((pos) => {
      const logits = runWithHooks(model, [corrupt], [
        [
          SITE,
          (h: Tensor) => {
            const flat = reshape(sub(source, h), [4, dModel]);
            const moved = mul(matMul(matMul(flat, vectors), vectors, false, true), strength);
            const here = tensor([0, 1, 2, 3].map((each) => (each === pos ? 1 : 0)), [1, 4, 1], "bool");
            return where(here, add(h, reshape(moved, [1, 4, dModel])), h);
          },
        ],
      ]); // prettier-ignore
      return measure(logits, METRIC);
    });
    of(name).forEach((value, i) => assert.ok(Math.abs(value - (want[i] ?? NaN)) < 2e-4, `${name} ${i}`));
  }
  of("whole").forEach((value, i) => assert.ok(Math.abs(value - (of("plain")[i] ?? NaN)) < 2e-4));
  assert.not.equal(of("plane"), of("plain"));
  for (const each of [clean, corrupt, vectors, whole, output, cache]) each.dispose();
});

test("what is no basis, or one of another width, is refused", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  const { dModel } = model.config;
  const sweep = (vectors: Tensor): PatchingSweep =>
    new PatchingSweep({
      tables: { name: "t", sites: SITE, axes: ["pos"], basis: { vectors } },
      metrics: METRIC,
    });
  const [long, empty, narrow] = [
    ones([dModel, 1]),
    zeros([dModel]),
    tidy(() => slice(eye(4), [0, 0], [4, 1])),
  ];
  assert.equal(failure(() => sweep(long)), [
    "CIRCUIT_OPTION",
    `PatchingSweep: the option basis of t is record { vectors: float32 [${dModel}, 1] }. Give { vectors, strength }, vectors float32 [width, rank] with orthonormal columns.`,
  ]); // prettier-ignore
  assert.is(failure(() => sweep(empty))[0], "CIRCUIT_OPTION");
  const tokens = tensor2d([[1, 5, 3]], undefined, "int32");
  using hooked = sweep(narrow).prepare(model);
  assert.equal(failure(() => hooked.sweep({ clean: tokens, corrupt: tokens })), [
    "SWEEP_BASIS",
    `The table t has a basis of vectors of 4, and ${SITE} gives values of ${dModel}. Give a basis of the last axis of what the sites give.`,
  ]); // prettier-ignore
  for (const each of [long, empty, narrow, tokens]) each.dispose();
});

test.run();
