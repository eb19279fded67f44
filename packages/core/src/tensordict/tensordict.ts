import type { DictNode } from "./node.ts";
import { StructuredTensorDict } from "./structured.ts";
import type { TensorDictOptions } from "./start.ts";
import type { Content, OpenSchema, SchemaFrom } from "./types.ts";

/**
 * Tensors (and other values) under nested keys, with the leading dims that all of them share.
 *
 * **Ownership:** takes what is stored in it; `get` borrows it to you; disposing frees it. In a `using` block that
 * happens at the end.
 *
 * @typeParam S What lies under which key, such as `{ obs: Tensor2D; next: TensorDict<{ obs: Tensor2D }> }`. Open unless
 * given: any key, any value.
 * @example
 * using td = new TensorDict({ obs: tf.zeros([3, 4]), next: { obs: tf.ones([3, 4]) } }, { batchSize: [3] });
 * td.get(["next", "obs"]).shape; // => [3, 4]
 */
export class TensorDict<S extends object = OpenSchema> extends StructuredTensorDict<S> {
  /**
   * **Ownership:** takes the values of `content`, as `set` does. When it throws, nothing is taken.
   *
   * @throws UsageError `CONTENT_INVALID`, `BATCH_SIZE_INVALID`, and whatever `set` throws.
   */
  // oxlint-disable-next-line no-useless-constructor -- it narrows what the content may be
  constructor(content?: NoInfer<Content<S>>, options?: TensorDictOptions) {
    super(content, options);
  }

  /**
   * A TensorDict with the schema of its content, so that keys and values are checked by the compiler from here on.
   *
   * @example
   * using td = TensorDict.of({ obs: tf.zeros([3]) as tf.Tensor1D });
   * td.get("obs"); // a Tensor1D; td.get("ob") does not compile
   */
  static of<const R extends object>(content: R, options?: TensorDictOptions): TensorDict<SchemaFrom<R>> {
    return new TensorDict<SchemaFrom<R>>(content as Content<SchemaFrom<R>>, options); // the schema is the content's
  }

  protected override wrap<T extends object>(node: DictNode): TensorDict<T> {
    // A node's TensorDict is always of this class; what its schema is, the caller knows.
    return (node.facade ?? new TensorDict(node as never)) as TensorDict<T>;
  }
}
