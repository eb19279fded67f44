import { captureKey, type Direction } from "@hookdict/core";
import {
  type AnyTensorDict,
  checkArgument,
  type TensorDict,
  describeValue,
  showAsText,
  tensorsOf,
} from "@hookdict/tensordict";
import { dispose, type Tensor } from "@tensorflow/tfjs-core";

/**
 * The output of one run with what it captured.
 *
 * **Ownership:** owns both; dispose it, or leave its `using` block, to free them.
 */
export class HookCache<O = Tensor> implements Disposable {
  static {
    showAsText(this);
  }

  readonly output: O;
  /** Keys `[direction, path]`. */
  readonly captures: TensorDict;

  /** **Ownership:** takes both. */
  constructor(output: O, captures: TensorDict) {
    checkArgument("HookCache", "captures", captures, "a TensorDict");
    this.output = output;
    this.captures = captures;
  }

  /** What was captured at a site; `undefined` when nothing was. **Ownership:** *borrowed*. */
  get(path: string, direction: Direction = "fwd"): Tensor | undefined {
    return this.captures.get<Tensor, undefined>(captureKey(direction, path, 0), undefined);
  }

  /** What was captured at a site. **Ownership:** *borrowed*. @throws KeyError with the keys that there are. */
  require(path: string, direction: Direction = "fwd"): Tensor {
    return this.captures.get(captureKey(direction, path, 0));
  }

  /** Puts a value with the captures, in place of one that is there. **Ownership:** takes it. */
  store(path: string, value: Tensor | AnyTensorDict, direction: Direction = "fwd"): void {
    this.captures.set(captureKey(direction, path, 0), value as Tensor); // either may be stored
  }

  /** How many tensors were captured. */
  get numCaptures(): number {
    return tensorsOf(this.captures).length;
  }

  /** The output's shape, and the captures. */
  toString(): string {
    return `HookCache of an output ${describeValue(this.output)}\n${String(this.captures)}`;
  }

  dispose(): void {
    this.captures.dispose();
    dispose(tensorsOf(this.output).filter((tensor) => !tensor.isDisposed));
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
