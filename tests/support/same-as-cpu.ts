import { type DataType, getBackend, setBackend, type Tensor } from "@tensorflow/tfjs-core";
import { assert } from "../gate/suite.ts";

/**
 * How far a backend's value may lie from that of `cpu`, relative to the larger of 1 and the value. Backends add up in
 * other orders, and `cpu` itself computes in float64 and rounds; the rest is exact.
 */
const tolerances: Readonly<Record<DataType, number>> = {
  float32: 1e-5,
  complex64: 1e-5,
  int32: 0,
  bool: 0,
  string: 0,
};

/** A graphics card's sines, exponentials and divisions may be off by more: the standard allows 2^-11 for a sine. */
const onWebGpu = 1e-4;

type Body = () => Tensor | Tensor[] | Promise<Tensor | Tensor[]>;

/**
 * Runs `body` on the active backend and on `cpu`, and asserts that shapes, dtypes and values agree.
 *
 * @param many Times the tolerance of a single operation that is allowed, where many follow each other. Default 1.
 */
export async function assertSameAsCpu(body: Body, many: number = 1): Promise<void> {
  const active = getBackend();
  const results = await collect(body);
  await setBackend("cpu");
  const expected = await collect(body);
  await setBackend(active);
  assert.equal(
    results.map(({ dtype, shape }) => ({ dtype, shape })),
    expected.map(({ dtype, shape }) => ({ dtype, shape })),
  );
  for (const [i, { values, dtype }] of results.entries())
    assertClose(
      values,
      expected[i]?.values ?? [],
      many * (active === "webgpu" ? tolerances[dtype] && onWebGpu : tolerances[dtype]),
    );
}

interface Collected {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  readonly values: readonly (number | string)[];
}

async function collect(body: Body): Promise<Collected[]> {
  const tensors = [await body()].flat();
  const results = await Promise.all(
    tensors.map(async (tensor) => ({
      dtype: tensor.dtype,
      shape: tensor.shape,
      values: Array.from((await tensor.data()) as ArrayLike<number | string>), // strings for string tensors
    })),
  );
  for (const tensor of tensors) tensor.dispose();
  return results;
}

function assertClose(got: Collected["values"], expected: Collected["values"], tolerance: number): void {
  assert.is(got.length, expected.length);
  for (const [i, want] of expected.entries()) {
    const value = got[i];
    if (typeof want === "string" || typeof value !== "number") assert.is(value, want);
    else if (Number.isNaN(want)) assert.ok(Number.isNaN(value), `value ${i} is ${value}, on cpu NaN`);
    else if (!(Math.abs(value - want) <= tolerance * Math.max(1, Math.abs(want))))
      assert.unreachable(`value ${i} is ${value}, on cpu ${want}`);
  }
}
