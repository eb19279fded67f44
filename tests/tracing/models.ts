import { HookPoint, Module } from "@hookdict/core";
import { add, mul, square, sum, type Tensor, tensor2d } from "@tensorflow/tfjs-core";

/** x → x + 1 */
export class AddOne extends Module {
  override forward(x: Tensor): Tensor {
    return add(x, 1);
  }
}

/** x → 10x */
export class Tenfold extends Module {
  override forward(x: Tensor): Tensor {
    return mul(x, 10);
  }
}

/** x → 10 (x + 1) */
export class Two extends Module {
  readonly l1: AddOne = new AddOne();
  readonly l2: Tenfold = new Tenfold();
  override forward(x: Tensor): Tensor {
    return this.l2.call(this.l1.call(x));
  }
}

/** A module with two inside: x → 2x + 1. */
export class Nested extends Module {
  readonly hook_in: HookPoint = new HookPoint();
  readonly hook_out: HookPoint = new HookPoint();
  override forward(x: Tensor): Tensor {
    return add(this.hook_out.call(mul(this.hook_in.call(x), 2)), 1);
  }
}

/** x → 10 (2x + 1), the inner part being a module with sites of its own. */
export class Outer extends Module {
  readonly l1: Nested = new Nested();
  readonly l2: Tenfold = new Tenfold();
  override forward(x: Tensor): Tensor {
    return this.l2.call(this.l1.call(x));
  }
}

/** One of two parts runs, whatever the sum of the input says. */
export class Branching extends Module {
  readonly sub_a: AddOne = new AddOne();
  readonly sub_b: Tenfold = new Tenfold();
  override forward(x: Tensor): Tensor {
    return (sum(x).dataSync()[0] ?? 0) > 0 ? this.sub_b.call(x) : this.sub_a.call(x);
  }
}

/** One cell called three times. */
export class Recurrent extends Module {
  readonly cell: AddOne = new AddOne();
  override forward(x: Tensor): Tensor {
    return this.cell.call(this.cell.call(this.cell.call(x)));
  }
}

/** x → the sum of ((3x)²) over each row, with points at x, 3x and (3x)². */
export class Squares extends Module {
  readonly hook_x: HookPoint = new HookPoint();
  readonly a: HookPoint = new HookPoint();
  readonly b: HookPoint = new HookPoint();
  override forward(x: Tensor): Tensor {
    return this.b.call(square(this.a.call(mul(this.hook_x.call(x), 3))));
  }
}

/** n blocks, each adding one. */
export class Stack extends Module {
  readonly h: readonly AddOne[];
  constructor(count: number) {
    super();
    this.h = Array.from({ length: count }, () => new AddOne());
  }
  override forward(x: Tensor): Tensor {
    return this.h.reduce<Tensor>((value, block) => block.call(value), x);
  }
}

/** A stack inside a module. */
export class Tower extends Module {
  readonly transformer: Stack;
  constructor(count: number) {
    super();
    this.transformer = new Stack(count);
  }
  override forward(x: Tensor): Tensor {
    return this.transformer.call(x);
  }
}

/** Rows of one number. */
export function column(...values: readonly number[]): Tensor {
  return tensor2d([...values], [values.length, 1]);
}

/** The numbers of a tensor, or of what may not be there. */
export function numbers(value: unknown): number[] {
  return [...((value as Tensor | undefined)?.dataSync() ?? [])];
}
