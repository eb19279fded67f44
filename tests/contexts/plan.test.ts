import { countHooks, HookedModule } from "@hookdict/core";
import { compose, Plan, scan } from "@hookdict/contexts";
import { ActivationCaching } from "@hookdict/latent";
import { tensor2d } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { Embedder, Repeat, Toy } from "../support/models.ts";

const test = suite("plans and printing");

test("a scan tells the shapes that pass each site, once per run of it", () => {
  using model = new Embedder();
  const tokens = tensor2d([[0, 2, 1]], [1, 3], "int32");
  const embedded = { shape: [1, 3, 2], dtype: "float32" };
  assert.equal(
    { ...scan(model, tokens) },
    {
      hook_embed: [{ inputs: [embedded], outputs: [embedded] }],
      hook_double: [{ inputs: [embedded], outputs: [embedded] }],
    },
  );
  assert.is(countHooks(model), 0);
  tokens.dispose();
});

test("a plan tells sites, directions, passes and bytes, and leaves the model as it was", () => {
  using model = new Embedder();
  const tokens = tensor2d([[0, 2, 1]], [1, 3], "int32");
  const shapes = scan(model, tokens);
  const plan = new ActivationCaching("hook_*", { directions: ["fwd", "bwd"] }).plan(model, { shapes });
  const bytes = 2 * (1 * 3 * 2 * 4);
  assert.equal(JSON.parse(JSON.stringify(plan)), {
    factory: 'ActivationCaching(pattern: "hook_*", directions: ["fwd", "bwd"])',
    model: "Embedder",
    siteCount: 2,
    sites: [
      { path: "hook_embed", directions: ["fwd", "bwd"], kinds: ["observe"], bytes },
      { path: "hook_double", directions: ["fwd", "bwd"], kinds: ["observe"], bytes },
    ],
    passes: { forward: 1, backward: 1 },
    needsGradient: true,
    stopsEarly: false,
    bytes: 2 * bytes,
  });
  assert.is(countHooks(model), 0);
  tokens.dispose();
});

test("without shapes, and with a callback, the bytes are unknown", () => {
  using model = new Embedder();
  const tokens = tensor2d([[0]], [1, 1], "int32");
  const shapes = scan(model, tokens);
  assert.is(new ActivationCaching("**").plan(model).bytes, null);
  assert.is(new ActivationCaching("**", { callback: (value) => value }).plan(model, { shapes }).bytes, null);
  tokens.dispose();
});

test("a site that runs three times counts three captures, or one where one is kept", () => {
  const model = new Repeat(3);
  const x = tensor2d([[1, 2]]);
  const shapes = scan(model, x);
  assert.is(new ActivationCaching("double").plan(model, { shapes }).bytes, 3 * 2 * 4);
  assert.is(new ActivationCaching("double", { passes: "last" }).plan(model, { shapes }).bytes, 1 * 2 * 4);
  x.dispose();
});

test("a plan prints in one screen", () => {
  const model = new Repeat(1);
  const x = tensor2d([[1, 2]]);
  const shapes = scan(model, x);
  assert.is(
    String(new ActivationCaching("double").plan(model, { shapes })),
    'ActivationCaching(pattern: "double") on Repeat\n' +
      "1 of 1 sites; 1 forward pass; captures 8 B\n" +
      "  double  fwd  observe  8 B",
  );
  x.dispose();
  const sites = Array.from({ length: 100 }, (_, i) => {
    return { path: `s${i}`, directions: ["fwd"] as const, kinds: ["stop"] as const, bytes: 0 };
  });
  const long = new Plan({
    factory: "F",
    model: "M",
    siteCount: 200,
    sites,
    passes: { forward: 1, backward: 0 },
    needsGradient: false,
    stopsEarly: false,
    bytes: 0,
  });
  const lines = String(long).split("\n");
  assert.is(lines.length, 30);
  assert.is(lines[1], "100 of 200 sites; 1 forward pass; captures nothing");
  assert.is(lines.at(-1), "  … 73 more");
});

test("a plan tells whether runs end after the last hook, also inside a composition", () => {
  const [caching, early] = [undefined, true].map((stopEarly) => {
    return new ActivationCaching("hook_x", stopEarly === undefined ? {} : { stopEarly });
  }) as [ActivationCaching, ActivationCaching];
  const model = new Toy();
  assert.is(
    String(early.plan(model)).split("\n")[1],
    "1 of 9 sites; 1 forward pass, ending after the last hook; captures of unknown size",
  );
  assert.is(early.plan(model).toJSON().stopsEarly, true);
  assert.is(compose(caching, early).plan(model).stopsEarly, true);
  using _prepared = early.prepare(model);
  assert.is(caching.plan(model).stopsEarly, false);
});

test("a hooked module and a context print what they are and where their hooks are", () => {
  const hooked = new ActivationCaching("hook_{x,mid}", { directions: ["fwd", "bwd"] }).prepare(new Toy());
  const context = [
    'ActivationCaching(pattern: "hook_{x,mid}", directions: ["fwd", "bwd"])',
    "4 hooks at 2 sites",
    "  hook_x  fwd, bwd",
    "  hook_mid  fwd, bwd",
  ];
  assert.instance(hooked, HookedModule);
  assert.is(String(hooked), ["HookedModule of Toy", ...context].join("\n"));
  assert.is(String(hooked.context), context.join("\n"));
  hooked.dispose();
  assert.is(String(hooked.context), `${context[0]} (disposed)`);
});

test("a factory whose line would fill a screen is cut where it is printed with others", () => {
  const many = compose(...Array.from({ length: 20 }, () => new ActivationCaching("hook_x")));
  const cut = `${String(many).slice(0, 199)}…`;
  assert.is(String(many.plan(new Toy())).split("\n")[0], `${cut} on Toy`);
  using hooked = many.prepare(new Toy());
  assert.equal(String(hooked).split("\n"), [
    "HookedModule of Toy",
    cut,
    "20 hooks at 1 site",
    "  hook_x  fwd",
  ]);
});

test.run();
