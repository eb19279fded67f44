import { nonTensorCount, nonTensorInvalid } from "./errors.ts";

const NON_TENSOR = Symbol.for("@hookdict/non-tensor");

/**
 * A leaf that is no tensor: one value for the whole batch, or one value per element of the leading dims.
 *
 * Strings, numbers, lists and the like become one by themselves; wrap what would be read otherwise: a record that is to
 * stay a record ({@link nonTensor}), a list with one value per element ({@link nonTensorStack}).
 */
export class NonTensor<T = unknown> {
  static {
    Object.defineProperty(NonTensor.prototype, NON_TENSOR, { value: true });
  }

  /** Dims that the values vary along, outermost first; `null` for one value that holds everywhere. */
  readonly shape: readonly number[] | null;
  /** The values, row-major. */
  readonly items: readonly T[];

  /** @internal Made by {@link nonTensor} and {@link nonTensorStack}. */
  constructor(shape: readonly number[] | null, items: readonly T[]) {
    this.shape = shape;
    this.items = items;
    Object.freeze(this);
  }

  /** The value, or the values as lists nested by dim: what `td.get` gives. */
  get value(): unknown {
    return this.shape === null ? this.items[0] : nest(this.shape, this.items);
  }
}

/**
 * One value for the whole batch, stored as it is.
 *
 * @example
 * const td = new TensorDict({ config: nonTensor({ layers: 2 }) }); // not a nested TensorDict
 * td.get("config"); // => { layers: 2 }
 */
export function nonTensor<T>(value: T): NonTensor<T> {
  return new NonTensor(null, [value]);
}

/**
 * One value per element of the leading dims: indexing picks from it, stacking adds a dim to it.
 *
 * @param values The values, row-major.
 * @param shape Sizes of the dims; one dim unless given.
 * @throws ShapeError `NON_TENSOR_COUNT` when there are not as many values as the shape has elements.
 *
 * @example
 * const td = new TensorDict({ name: nonTensorStack(["a", "b"]) }, { batchSize: [2] });
 * td.get("name"); // => ["a", "b"]
 */
export function nonTensorStack<T>(
  values: readonly T[],
  shape: readonly number[] = [(values as readonly T[] | undefined)?.length ?? 0],
): NonTensor<T> {
  if (!Array.isArray(values) || !isShape(shape)) throw nonTensorInvalid(values, shape);
  const count = shape.reduce((product, size) => product * size, 1);
  if (count !== values.length) throw nonTensorCount(shape, values.length);
  return new NonTensor(Object.freeze([...shape]), Object.freeze([...values]));
}

/** Whether `value` is a {@link NonTensor}, also of another copy of the package. */
export function isNonTensor(value: unknown): value is NonTensor {
  return typeof value === "object" && value !== null && NON_TENSOR in value;
}

/** Row-major items as lists nested by dim. */
export function nest(shape: readonly number[], items: readonly unknown[]): unknown {
  const [size, ...rest] = shape;
  if (size === undefined) return items[0];
  if (rest.length === 0) return [...items];
  const step = items.length / size;
  return Array.from({ length: size }, (_, i) => nest(rest, items.slice(i * step, (i + 1) * step)));
}

function isShape(shape: unknown): shape is readonly number[] {
  return Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
}
