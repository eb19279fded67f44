import { HookPoint, Module } from "@hookdict/core";
import { add, cast, gather, mul, scalar, square, sub, type Tensor, tensor2d } from "@tensorflow/tfjs-core";

/** x → x, with a point on the way. */
export class Point extends Module {
  readonly hook_x: HookPoint = new HookPoint();
  override forward(x: Tensor): Tensor {
    return this.hook_x.call(x);
  }
}

/** x → x² */
export class Square extends Module {
  readonly hook_in: HookPoint = new HookPoint();
  override forward(x: Tensor): Tensor {
    return square(this.hook_in.call(x));
  }
}

/** x → x² + 3 → (·)² − 4, with points before, inside and after. */
export class Toy extends Module {
  readonly hook_x: HookPoint = new HookPoint();
  readonly first: Square = new Square();
  readonly hook_first: HookPoint = new HookPoint();
  readonly hook_mid: HookPoint = new HookPoint();
  readonly second: Square = new Square();
  readonly hook_second: HookPoint = new HookPoint();
  readonly hook_out: HookPoint = new HookPoint();
  override forward(x: Tensor): Tensor {
    const first = this.hook_first.call(this.first.call(this.hook_x.call(x)));
    const mid = this.hook_mid.call(add(first, 3));
    const second = this.hook_second.call(this.second.call(mid));
    return this.hook_out.call(sub(second, 4));
  }
}

/** x → 2x, n times through one shared child. */
export class Repeat extends Module {
  readonly double: Double = new Double();
  readonly times: number;
  constructor(times: number) {
    super();
    this.times = times;
  }
  override forward(x: Tensor): Tensor {
    let y = x;
    for (let i = 0; i < this.times; i++) y = this.double.call(y);
    return y;
  }
}

export class Double extends Module {
  override forward(x: Tensor): Tensor {
    return mul(x, 2);
  }
}

/** Embeds int32 tokens with a fixed table and adds: an integer input and no variable anywhere. */
export class Embedder extends Module {
  readonly table: Tensor;
  readonly hook_embed: HookPoint = new HookPoint({ axes: ["batch", "pos", "dModel"] });
  readonly hook_double: HookPoint = new HookPoint({ axes: ["batch", "pos", "dModel"] });
  constructor() {
    super();
    this.table = tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
  }
  override forward(tokens: Tensor): Tensor {
    const embedded = this.hook_embed.call(gather(this.table, cast(tokens, "int32")));
    return this.hook_double.call(mul(embedded, scalar(2)));
  }
  [Symbol.dispose](): void {
    this.table.dispose();
  }
}
