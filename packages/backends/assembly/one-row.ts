import { Job } from "./job";

// Products of one row, of which a step of generation is made.

/** Columns of a product of one row, for which copying `b` would take longer than the product: it is read once, as it lies. */
export function oneRow(job: Job, a: usize, b: usize, c: usize, left: usize, right: usize): void {
  for (let column = left; column < right; column++) {
    const bias: f32 = job.bias == 0 ? 0 : f32.load(job.bias + (column << 2));
    f32.store(c + (column << 2), bias);
  }
  if (job.bInnerStride == 4) addProducts(job, a, b, c, left, right);
  else addRows(job, a, b, c, left, right);
}

/** Adds to each column the product of `a` and the line of `b` that is the column: four lines side by side. */
function addProducts(job: Job, a: usize, b: usize, c: usize, left: usize, right: usize): void {
  const bytes = job.inner << 2;
  const whole = bytes & ~15;
  let column = left;
  for (; column + 4 <= right; column += 4) {
    const first = b + column * job.bColumnStride;
    const second = first + job.bColumnStride;
    const third = second + job.bColumnStride;
    const fourth = third + job.bColumnStride;
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    for (let i: usize = 0; i < whole; i += 16) {
      const x = v128.load(a + i);
      s0 = f32x4.add(s0, f32x4.mul(x, v128.load(first + i)));
      s1 = f32x4.add(s1, f32x4.mul(x, v128.load(second + i)));
      s2 = f32x4.add(s2, f32x4.mul(x, v128.load(third + i)));
      s3 = f32x4.add(s3, f32x4.mul(x, v128.load(fourth + i)));
    }
    const to = c + (column << 2);
    f32.store(to, f32.load(to) + total(s0) + rest(a, first, whole, bytes));
    f32.store(to, f32.load(to, 4) + total(s1) + rest(a, second, whole, bytes), 4);
    f32.store(to, f32.load(to, 8) + total(s2) + rest(a, third, whole, bytes), 8);
    f32.store(to, f32.load(to, 12) + total(s3) + rest(a, fourth, whole, bytes), 12);
  }
  for (; column < right; column++) {
    const line = b + column * job.bColumnStride;
    let s = f32x4.splat(0);
    for (let i: usize = 0; i < whole; i += 16)
      s = f32x4.add(s, f32x4.mul(v128.load(a + i), v128.load(line + i)));
    const to = c + (column << 2);
    f32.store(to, f32.load(to) + total(s) + rest(a, line, whole, bytes));
  }
}

function total(s: v128): f32 {
  return (
    f32x4.extract_lane(s, 0) +
    f32x4.extract_lane(s, 1) +
    (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3))
  );
}

/** The products behind the last four. */
function rest(a: usize, line: usize, from: usize, to: usize): f32 {
  let sum: f32 = 0;
  for (let i = from; i < to; i += 4) sum += f32.load(a + i) * f32.load(line + i);
  return sum;
}

/** Adds to the columns the rows of `b`, each times its value of `a`: four rows at once, so that sums are stored seldom. */
function addRows(job: Job, a: usize, b: usize, c: usize, left: usize, right: usize): void {
  const stride = job.bInnerStride;
  const inner = job.inner;
  let i: usize = 0;
  for (; i + 4 <= inner; i += 4) {
    const at = a + (i << 2);
    const first = b + i * stride;
    addFour(at, first, stride, c, left, right);
  }
  for (; i < inner; i++) {
    const x = f32.load(a + (i << 2));
    const row = b + i * stride;
    for (let column = left; column < right; column++) {
      const to = c + (column << 2);
      f32.store(to, f32.load(to) + x * f32.load(row + (column << 2)));
    }
  }
}

function addFour(a: usize, b: usize, stride: usize, c: usize, left: usize, right: usize): void {
  const x0 = v128.load_splat<f32>(a);
  const x1 = v128.load_splat<f32>(a, 4);
  const x2 = v128.load_splat<f32>(a, 8);
  const x3 = v128.load_splat<f32>(a, 12);
  const end = right << 2;
  const second = b + stride;
  const third = second + stride;
  const fourth = third + stride;
  let at = left << 2;
  for (; at + 16 <= end; at += 16) {
    const low = f32x4.add(f32x4.mul(x0, v128.load(b + at)), f32x4.mul(x1, v128.load(second + at)));
    const high = f32x4.add(f32x4.mul(x2, v128.load(third + at)), f32x4.mul(x3, v128.load(fourth + at)));
    v128.store(c + at, f32x4.add(v128.load(c + at), f32x4.add(low, high)));
  }
  for (; at < end; at += 4) {
    const low =
      f32x4.extract_lane(x0, 0) * f32.load(b + at) + f32x4.extract_lane(x1, 0) * f32.load(second + at);
    const high =
      f32x4.extract_lane(x2, 0) * f32.load(third + at) + f32x4.extract_lane(x3, 0) * f32.load(fourth + at);
    f32.store(c + at, f32.load(c + at) + low + high);
  }
}
