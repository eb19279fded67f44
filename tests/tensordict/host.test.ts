import { nonTensorStack, TensorDict } from "@hookdict/tensordict";
import {
  complex,
  getBackend,
  getKernel,
  scalar,
  tensor,
  tensor1d,
  tensor2d,
  type Tensor1D,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { asyncFailure, failure } from "../support/failure.ts";

const test = suite("TensorDict on the host");

function mixed(): TensorDict {
  const td = new TensorDict(
    {
      f: tensor2d([[1, 2], [3, 4]]), // prettier-ignore
      deep: { i: tensor1d([5, 6], "int32"), b: tensor1d([1, 0], "bool") },
      text: tensor(["héllo", ""]),
      name: "x",
      tags: nonTensorStack(["a", "b"]),
    },
    { batchSize: [2] },
  );
  return td.set(["deep", "__proto__"], { polluted: true });
}

test("data gives typed arrays, texts and values, nested like the tree", async () => {
  using td = mixed();
  const data = await td.data();
  assert.equal(data["f"], new Float32Array([1, 2, 3, 4]));
  assert.equal(data["text"], ["héllo", ""]);
  assert.equal([data["name"], data["tags"]], ["x", ["a", "b"]]);
  const deep = data["deep"] as Record<string, unknown>;
  assert.equal([deep["i"], deep["b"]], [new Int32Array([5, 6]), new Uint8Array([1, 0])]);
  assert.equal(Object.keys(deep), ["i", "b", "__proto__"]);
  assert.is((data as { polluted?: boolean }).polluted, undefined);
});

test("data is typed by the schema", async () => {
  using td = TensorDict.of({ x: tensor1d([1, 2]), deep: { n: 3 } });
  const { x, deep } = await td.data();
  assert.equal([[...x], deep.n + 1], [[1, 2], 4]);
});

test("a host copy keeps the tree and comes back", async () => {
  using td = mixed();
  const host = await td.toHost();
  using back = TensorDict.fromHost(structuredClone(host));
  assert.is(String(back), String(td));
  assert.equal(await back.data(), await td.data());
  using second = back.at(1);
  assert.is(second.get("tags"), "b");
});

test("complex numbers come as pairs, where the backend has them", async () => {
  if (getKernel("Complex", getBackend()) === undefined) return;
  const [re, im] = [tensor1d([1, 2]), tensor1d([3, 4])];
  using td = new TensorDict({ z: complex(re, im) });
  using back = TensorDict.fromHost(await td.toHost());
  assert.equal((await back.data())["z"], new Float32Array([1, 3, 2, 4]));
  re.dispose();
  im.dispose();
});

test("what is read is what was there when it was asked for", async () => {
  const td = new TensorDict({ x: scalar(1) });
  const reading = td.data();
  td.set("x", scalar(2));
  td.dispose();
  assert.equal(await reading, { x: new Float32Array([1]) });
});

test("the copy shares nothing with the tensor", async () => {
  using td = new TensorDict({ x: tensor1d([1, 2]) });
  const { x } = (await td.data()) as { x: Float32Array };
  x[0] = 9;
  assert.equal([...td.get<Tensor1D>("x").dataSync()], [1, 2]);
});

test("a host copy whose shapes contradict its batch size is refused whole", async () => {
  using td = new TensorDict({ x: tensor1d([1, 2]), deep: { y: tensor1d([1]) } });
  const host = { ...(await td.toHost()), batchSize: [2] };
  assert.equal(
    failure(() => TensorDict.fromHost(host)),
    [
      "BATCH_MISMATCH",
      'Not every shape begins with the batch size: "deep" has [], not [2, ...]. Nothing was stored. Correct the shapes or the batch size.',
    ],
  );
});

test("reading a disposed dict is refused", async () => {
  const td = new TensorDict();
  td.dispose();
  assert.is((await asyncFailure(td.data()))[0], "DICT_DISPOSED");
  assert.is((await asyncFailure(td.toHost()))[0], "DICT_DISPOSED");
});

test.run();
