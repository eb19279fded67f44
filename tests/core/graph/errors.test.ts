import { hookGraph } from "@hookdict/core/graph";
import { ActivationCaching } from "@hookdict/latent";
import { GraphModel } from "@tensorflow/tfjs-converter";
import { scalar, tensor1d, zeros } from "@tensorflow/tfjs-core";
import { assert, rejected, suite, thrown } from "../../gate/suite.ts";
import { branches, chain, graph, placeholder } from "./models.ts";

const test = suite("errors of graphs");

function failure(fn: () => unknown): { readonly code?: string; readonly message: string } {
  return thrown(fn);
}

for (const [value, got] of [
  [{}, "record"],
  [null, "null"],
  [new GraphModel("nowhere"), "unloaded GraphModel"],
] as const) {
  test(`${got} is not a graph`, () => {
    const error = failure(() => hookGraph(value as GraphModel));
    assert.is(error.code, "GRAPH_NOT_A_MODEL");
    assert.is(
      error.message,
      `hookGraph was given a ${got}, which is not a loaded tf.GraphModel. ` +
        "Load one with loadGraphModel of @tensorflow/tfjs-converter; a tf.LayersModel goes to hookLayers " +
        "(@hookdict/core/layers), a function to hookFunction (@hookdict/core).",
    );
  });
}

test("a graph with control flow says that it needs callAsync, also when called directly", () => {
  const model = branches();
  const x = scalar(1);
  using hooked = new ActivationCaching("**").prepare(hookGraph(model));
  for (const call of [() => hooked.call(x), () => model.predict(x), () => model.execute(x)]) {
    const error = failure(call);
    assert.is(error.code, "GRAPH_NEEDS_ASYNC");
    assert.is(
      error.message,
      'The graph cannot run at once: its node "choice" is a StatelessIf, whose result comes later. ' +
        "Use await hooked.callAsync(...), or model.executeAsync(...); or feed tensors for the nodes after it.",
    );
  }
  x.dispose();
  model.dispose();
});

test("a call while another one waits is refused, and the first one ends well", async () => {
  const model = branches();
  const x = scalar(1);
  const hooked = new ActivationCaching("**").prepare(hookGraph(model));
  const first = hooked.callAsync(x);
  const error: { readonly code?: string; readonly message: string } = await rejected(hooked.callAsync(x));
  assert.is(error.code, "RUN_OVERLAPS");
  assert.is(
    error.message,
    "GraphModel was called while an earlier call of it still waits, and hooks could not tell the two apart. " +
      "Await the earlier call first, or dispose the contexts on the model.",
  );
  assert.is(failure(() => model.execute(x, "isPositive")).code, "RUN_OVERLAPS");
  (await first).dispose();
  hooked.dispose();
  x.dispose();
  model.dispose();
});

for (const [name, reason] of [
  ["a.b", 'the path a.b belongs to the node "a/b"'],
  ["x#1", "it ends like the key of a later pass"],
  ["//", 'nothing is left of it between "." and "/"'],
] as const) {
  test(`a node named ${name} needs another name`, () => {
    const model = graph({
      nodes: [
        placeholder("x", []),
        { name: "a/b", op: "Neg", input: ["x"] },
        { name, op: "Neg", input: ["a/b"] },
      ],
    });
    const error = failure(() => hookGraph(model));
    assert.is(error.code, "GRAPH_NODE_NAME");
    assert.is(
      error.message,
      `The node "${name}" cannot be a site under its name: ${reason}. ` +
        `Give it another one: hookGraph(model, { names: { "${name}": "..." } }).`,
    );
    const sites = hookGraph(model, { names: { [name]: "c" } })
      .hookTarget()
      .sites();
    assert.equal(
      sites.map(({ path }) => path),
      ["a.b", "c"],
    );
  });
}

test("a name for a node that is not there is refused", () => {
  const model = chain();
  const error = failure(() => hookGraph(model, { names: { "block/twise": "double" } }));
  assert.is(error.code, "GRAPH_NAME_UNKNOWN");
  assert.is(
    error.message,
    'The option names of hookGraph renames "block/twise", but no node has that name. ' +
      "The nearest names are block/twice, block/shifted, two, one, out.",
  );
  const empty = graph({ nodes: [] });
  assert.is(
    failure(() => hookGraph(empty, { names: { twice: "double" } })).message,
    'The option names of hookGraph renames "twice", but no node has that name. The model has no nodes.',
  );
  for (const each of [model, empty]) each.dispose();
});

test("axes for no node are refused, and so is a pattern that matches none", () => {
  const model = chain();
  assert.is(failure(() => hookGraph(model, { axes: { "blok.*": ["unit"] } })).code, "PATTERN_UNMATCHED");
  const error = failure(() => new ActivationCaching("two").prepare(hookGraph(model)));
  assert.is(error.code, "PATTERN_UNMATCHED");
  model.dispose();
});

test("a replacement of another shape is refused at the node", () => {
  const model = chain();
  const x = tensor1d([1, 10]);
  using hooked = new ActivationCaching("out").prepare(hookGraph(model));
  hooked.context.hook("block.twice", "fwd", () => zeros([3]));
  const error = failure(() => hooked.call(x));
  assert.is(error.code, "REPLACEMENT_SHAPE");
  assert.is(
    error.message,
    "The fwd hook of ActivationCaching at block.twice returned float32 [3] in place of float32 [2]. " +
      "Return the same structure, shapes and dtypes, or register the hook with reshapes: true.",
  );
  x.dispose();
  model.dispose();
});

test.run();
