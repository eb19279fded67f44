import { TensorDict } from "@hookdict/tensordict";
import type { DataOf, LeafData } from "@hookdict/tensordict";
import type { Rank, Tensor, Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import { expectTypeOf } from "expect-type";

// Checked by the compiler, never run: every line that must not compile says so.

type Deep = TensorDict<{ q: Tensor3D; note?: string }>;
type Schema = {
  obs: Tensor2D;
  reward?: Tensor1D;
  name: string;
  next: TensorDict<{ obs: Tensor2D; inner: Deep }>;
};

declare const td: TensorDict<Schema>;
declare const open: TensorDict;
declare const one: Tensor1D;
declare const two: Tensor2D;
declare const three: Tensor3D;

/** get follows keys to depth 3. */
export function get(): void {
  expectTypeOf(td.get("obs")).toEqualTypeOf<Tensor2D>();
  expectTypeOf(td.get(["next", "obs"])).toEqualTypeOf<Tensor2D>();
  expectTypeOf(td.get(["next", "inner", "q"])).toEqualTypeOf<Tensor3D>();
  expectTypeOf(td.get(["next", "inner"])).toEqualTypeOf<Deep>();
  expectTypeOf(td.get("name")).toEqualTypeOf<string>();
  expectTypeOf(td.get("reward")).toEqualTypeOf<Tensor1D>();
  expectTypeOf(td.get("reward", null)).toEqualTypeOf<Tensor1D | null>();
  expectTypeOf(td.get(["next", "inner", "note"], 0)).toEqualTypeOf<string | number>();
  // @ts-expect-error -- no such key
  td.get("ob");
  // @ts-expect-error -- no such key at depth 2
  td.get(["next", "ob"]);
  // @ts-expect-error -- no such key at depth 3
  td.get(["next", "inner", "k"]);
  // @ts-expect-error -- a path does not pass through a tensor
  td.get(["obs", "q"]);
}

/** set and update take what the schema says. */
export function set(): void {
  td.set("obs", two).set(["next", "inner", "q"], three).set("reward", one);
  td.set("next", { obs: two, inner: { q: three } });
  td.update({ obs: two, next: { inner: { note: "n" } } });
  // @ts-expect-error -- wrong rank
  td.set("obs", one);
  // @ts-expect-error -- wrong rank at depth 3
  td.set(["next", "inner", "q"], two);
  // @ts-expect-error -- a record without a key that is not optional
  td.set("next", { obs: two });
  // @ts-expect-error -- wrong rank in an update
  td.update({ next: { obs: one } });
  // @ts-expect-error -- no such key in an update
  td.update({ nothing: 1 });
  // @ts-expect-error -- not a string
  td.set("name", 3);
}

/** Only what may be missing can be taken away. */
export function remove(): void {
  td.delete("reward").delete(["next", "inner", "note"]);
  expectTypeOf(td.pop("reward")).toEqualTypeOf<Tensor1D>();
  expectTypeOf(td.release("obs")).toEqualTypeOf<Tensor2D>();
  // @ts-expect-error -- always there
  td.delete("obs");
  // @ts-expect-error -- always there
  td.pop(["next", "inner", "q"]);
}

/** select keeps the part that is named. */
export function select(): void {
  const part = td.select("obs", ["next", "inner", "q"]);
  expectTypeOf(part.get("obs")).toEqualTypeOf<Tensor2D>();
  expectTypeOf(part.get(["next", "inner", "q"])).toEqualTypeOf<Tensor3D>();
  // @ts-expect-error -- not selected
  part.get("name");
  // @ts-expect-error -- not selected
  part.get(["next", "obs"]);
  // @ts-expect-error -- no such key
  td.select("nothing");
}

/** Shape operations keep the keys and forget the ranks. */
export function shapes(): void {
  expectTypeOf(td.at(0).get(["next", "inner", "q"])).toEqualTypeOf<Tensor<Rank>>();
  expectTypeOf(td.at(0).get("name")).toEqualTypeOf<string>();
  expectTypeOf(td.at(0).get("reward", null)).toEqualTypeOf<Tensor<Rank> | null>();
  expectTypeOf(td.mean(0).get("reward")).toEqualTypeOf<Tensor<Rank>>();
  expectTypeOf(td.at(0).get(["next", "inner", "note"], 0)).toEqualTypeOf<string | number>();
  expectTypeOf(TensorDict.stack([td, td]).get("obs")).toEqualTypeOf<Tensor<Rank>>();
  expectTypeOf(td.add(1).sum().get("obs")).toEqualTypeOf<Tensor<Rank>>();
  expectTypeOf(td.clone()).toEqualTypeOf<TensorDict<Schema>>();
  // @ts-expect-error -- no such key
  td.at(0).get("ob");
}

/** data gives what lies under each key. */
export function data(): void {
  expectTypeOf<DataOf<Schema>["next"]["inner"]["q"]>().toEqualTypeOf<LeafData>();
  expectTypeOf<NonNullable<DataOf<Schema>["reward"]>>().toEqualTypeOf<LeafData>();
  expectTypeOf<DataOf<Schema>["name"]>().toEqualTypeOf<string>();
}

/** A schema comes from content, or is checked against it. */
export function construct(): readonly TensorDict<{ x: Tensor2D }>[] {
  const made = TensorDict.of({ x: two, deep: { y: three, deeper: { z: one } } });
  expectTypeOf(made.get("x")).toEqualTypeOf<Tensor2D>();
  expectTypeOf(made.get(["deep", "deeper", "z"])).toEqualTypeOf<Tensor1D>();
  return [
    new TensorDict<{ x: Tensor2D }>({ x: two }),
    // @ts-expect-error -- wrong rank
    new TensorDict<{ x: Tensor2D }>({ x: three }),
    // @ts-expect-error -- a key is missing
    new TensorDict<{ x: Tensor2D }>({}),
  ];
}

/** Without a schema every key is a tensor, unless said otherwise. */
export function untyped(): void {
  expectTypeOf(open.get("anything")).toEqualTypeOf<Tensor>();
  expectTypeOf(open.get<string>(["a", "b"])).toEqualTypeOf<string>();
  open
    .set("x", one)
    .set(["a", "b"], "text")
    .update({ c: { d: two } })
    .delete("x");
  expectTypeOf(td.asOpen().get("anything")).toEqualTypeOf<Tensor>();
}
