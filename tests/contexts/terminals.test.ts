import { inspect } from "node:util";
import { BackendError, loadBackend } from "@hookdict/backends";
import { compose, Interventions } from "@hookdict/contexts";
import { HookPoint, Module, MultiHookManager } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import { loadModel } from "@hookdict/models";
import { nonTensor, TensorDict, visible } from "@hookdict/tensordict";
import { memoryDirectory, openCheckpoint, writeSafetensors } from "@hookdict/tensordict/io";
import { scalar, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";

// Names in files, texts and paths come from elsewhere: none may move the cursor, colour the line or turn the text around.
const test = suite("what terminals act on");

/** An escape, the same as one character, a bell, a deletion, and what turns the direction. */
const HOSTILE = "\u001b[31mX\u009b31m\u0007\u007f\u202e";
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const ACTING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

function assertInert(text: string): void {
  assert.ok(text.includes("X"), `says nothing of it: ${text}`);
  assert.not.match(text, ACTING);
}

class Named extends Module {
  readonly parts: Readonly<Record<string, HookPoint>> = { [HOSTILE]: new HookPoint() };
  override forward(x: Tensor): Tensor {
    return (this.parts[HOSTILE] as HookPoint).call(x);
  }
}

async function messageOf(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    return error instanceof Error ? `${error.message}\n${error.stack ?? ""}` : String(error);
  }
  return assert.unreachable("it throws nothing") as never;
}

test("they are written as in JSON", () => {
  assert.is(visible(HOSTILE), "\\u001b[31mX\\u009b31m\\u0007\\u007f\\u202e");
  assert.is(visible("a\n\tb é 漢 😀"), "a\n\tb é 漢 😀");
});

test("prints have none: TensorDicts, models, contexts, factories, caches", () => {
  using td = new TensorDict({ [HOSTILE]: scalar(1), text: nonTensor(HOSTILE), list: nonTensor([HOSTILE]) });
  using hooked = new ActivationCaching("**").prepare(new Named());
  const x = scalar(2);
  hooked.call(x).dispose();
  x.dispose();
  const specs = new Interventions({ captures: [{ at: HOSTILE }] });
  using manager = new MultiHookManager(new Named(), { name: HOSTILE });
  const all = [td, hooked, hooked.context, hooked.cache, specs, compose(specs), manager, new Named()];
  for (const each of all) {
    assertInert(String(each));
    assertInert(inspect(each));
  }
  assertInert(new ActivationCaching(HOSTILE).toString());
});

test("messages of errors have none, whoever named what is wrong", async () => {
  const directory = memoryDirectory(HOSTILE);
  const item = { name: HOSTILE, dtype: "F32", shape: [1], data: new Float32Array(1) } as const;
  await writeSafetensors(await directory.create("model.safetensors"), [item]);
  await using file = await openCheckpoint(directory);
  const config = new TextEncoder().encode(JSON.stringify({ model_type: HOSTILE }));
  using td = new TensorDict({ [HOSTILE]: scalar(1) });
  using model = new ActivationCaching("**").prepare(new Named());
  model.context.hook("**", "fwd", () => {
    throw new Error(HOSTILE);
  });
  const x = scalar(2);
  for (const run of [
    () => td.get("X"),
    () => file.read(`${HOSTILE}.weight`),
    () => TensorDict.load(`/no/such/${HOSTILE}`),
    () => loadModel({ "config.json": config }),
    () => new ActivationCaching(HOSTILE).prepare(new Named()),
    () => Interventions.parse(HOSTILE),
    () => model.call(x),
    () => loadBackend({ backend: HOSTILE }),
  ])
    assertInert(await messageOf(run));
  assertInert(new BackendError({ code: "X", what: HOSTILE, hint: HOSTILE }).hint);
  x.dispose();
});

test.run();
