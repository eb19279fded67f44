// Arithmetic on rows of float32, in loops that compilers turn into vector instructions.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

// One version per instruction set, chosen when the library is loaded.
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__) && __GNUC__ >= 12
#define VECTORIZED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#elif defined(__x86_64__) && defined(__GLIBC__)
#define VECTORIZED __attribute__((target_clones("avx2", "default")))
#else
#define VECTORIZED
#endif

namespace hookdict {

/** e^x to 2 units in the last place (Cephes' expf), without branches; 0 below 2^-126.5, infinite above 2^127.5. */
inline __attribute__((always_inline)) float Exp(float x) {
  const float below = x > 88.7f ? 88.7f : x;          // 2^128
  const float clamped = below < -88.f ? -88.f : below;  // 2^-127
  const float shifted = clamped * 1.44269504088896341f + 12582912.f;  // to the nearest integer
  int32_t bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  const float n = shifted - 12582912.f;
  const float r = (clamped - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.f;
  const int32_t power = static_cast<int32_t>((static_cast<uint32_t>(bits) + 127u) << 23);  // of -127: 0, of 128: infinite
  float scale;
  std::memcpy(&scale, &power, sizeof scale);
  return p * scale;
}

VECTORIZED void NormalizeRow(const float* x, const float* gain, const float* bias, int64_t n, float epsilon,
                             float* scale, float* normalized, float* output) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < n; i++) sum += x[i];
  const float mean = sum / n;
  float squares = 0;  // of what is left, so that nothing cancels
#pragma omp simd reduction(+ : squares)
  for (int64_t i = 0; i < n; i++) squares += (x[i] - mean) * (x[i] - mean);
  *scale = std::sqrt(squares / n + epsilon);
  const float inverse = 1 / *scale;
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    normalized[i] = (x[i] - mean) * inverse;
    output[i] = normalized[i] * gain[i] + bias[i];
  }
}

VECTORIZED void NormalizeRowByRoot(const float* x, const float* gain, int64_t n, float epsilon, float* scale,
                                   float* normalized, float* output) {
  float squares = 0;
#pragma omp simd reduction(+ : squares)
  for (int64_t i = 0; i < n; i++) squares += x[i] * x[i];
  *scale = std::sqrt(squares / n + epsilon);
  const float inverse = 1 / *scale;
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    normalized[i] = x[i] * inverse;
    output[i] = normalized[i] * gain[i];
  }
}

/** silu(gate) * up */
VECTORIZED void SiluGateRow(const float* gate, const float* up, int64_t n, float* y) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) y[i] = gate[i] / (1 + Exp(-gate[i])) * up[i];
}

/** gelu(gate) * up, by GELU's tanh approximation */
VECTORIZED void GeluGateRow(const float* gate, const float* up, int64_t n, float* y) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    const float u = gate[i] * (1.5957691216057308f + 0.07135481627f * gate[i] * gate[i]);
    y[i] = gate[i] / (1 + Exp(-u)) * up[i];
  }
}

/** Rotates x[i] and x[half + i]. */
VECTORIZED void RotateHalves(const float* x, const float* cos, const float* sin, int64_t half, float* y) {
#pragma omp simd
  for (int64_t i = 0; i < half; i++) {
    const float a = x[i], b = x[half + i];
    y[i] = a * cos[i] - b * sin[i];
    y[half + i] = b * cos[i] + a * sin[i];
  }
}

/** Rotates x[2 i] and x[2 i + 1]. */
VECTORIZED void RotateAdjacent(const float* x, const float* cos, const float* sin, int64_t half, float* y) {
#pragma omp simd
  for (int64_t i = 0; i < half; i++) {
    const float a = x[2 * i], b = x[2 * i + 1];
    y[2 * i] = a * cos[i] - b * sin[i];
    y[2 * i + 1] = b * cos[i] + a * sin[i];
  }
}

/** y += sum over k < n of x[k] times row k of `rows`, which lie `step` apart, `columns` long. */
VECTORIZED void AddRowsTimes(const float* x, int64_t n, const float* rows, int64_t step, int64_t columns, float* y) {
  int64_t k = 0;
  for (; k + 4 <= n; k += 4) {  // four at a time: y is read and written a quarter as often
    const float *a = rows + k * step, *b = a + step, *c = b + step, *d = c + step;
    const float s = x[k], t = x[k + 1], u = x[k + 2], v = x[k + 3];
#pragma omp simd
    for (int64_t i = 0; i < columns; i++) {
      float sum = y[i] + s * a[i];  // one after the other, as whoever adds more of them at a time does
      sum += t * b[i];
      sum += u * c[i];
      y[i] = sum + v * d[i];
    }
  }
  for (; k < n; k++) {
    const float *a = rows + k * step, s = x[k];
#pragma omp simd
    for (int64_t i = 0; i < columns; i++) y[i] += s * a[i];
  }
}

/** x . row */
inline __attribute__((always_inline)) float Product(const float* x, const float* row, int64_t n) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < n; i++) sum += x[i] * row[i];
  return sum;
}

/** y[j] = x . row j of `rows`, which lie `step` apart, `columns` long, for j < n. */
VECTORIZED void Products(const float* x, const float* rows, int64_t step, int64_t columns, int64_t n, float* y) {
  for (int64_t j = 0; j < n; j++) y[j] = Product(x, rows + j * step, columns);
}

/** y[head * step] = scale * (the head's query . the key that it shares with `shared` heads) + addend. */
VECTORIZED void HeadProducts(const float* queries, const float* keys, int64_t heads, int64_t shared, int64_t n, float scale,
                             float addend, float* y, int64_t step) {
  for (int64_t head = 0; head < heads; head++) {
    y[head * step] = scale * Product(queries + head * n, keys + head / shared * n, n) + addend;
  }
}

VECTORIZED void GeluRow(const float* x, int64_t n, float* y) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    const float u = x[i] * (1.5957691216057308f + 0.07135481627f * x[i] * x[i]);
    y[i] = x[i] / (1 + Exp(-u));
  }
}

VECTORIZED void SoftmaxRow(const float* x, int64_t n, float* y) {
  float highest = -INFINITY;
#pragma omp simd reduction(max : highest)
  for (int64_t i = 0; i < n; i++) highest = x[i] > highest ? x[i] : highest;
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < n; i++) {
    y[i] = Exp(x[i] - highest);
    sum += y[i];
  }
  const float inverse = 1 / sum;
#pragma omp simd
  for (int64_t i = 0; i < n; i++) y[i] *= inverse;
}

VECTORIZED void ScaleAddRow(float* x, const float* addend, int64_t n, float scale) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) x[i] = x[i] * scale + addend[i];
}

/** sum may be x. */
VECTORIZED void AddRow(const float* x, const float* y, int64_t n, float* sum) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) sum[i] = x[i] + y[i];
}

VECTORIZED void StepRow(const float* x, int64_t n, float alpha, float* y) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    const float step = x[i] > 0 ? 1.f : alpha;
    y[i] = x[i] != x[i] ? x[i] : step;
  }
}

/** dy times the derivative of x sigma(u), u = x (a + b x^2): sigma + x sigma (1 - sigma) u'. */
VECTORIZED void GeluGradRow(const float* dy, const float* x, int64_t n, float* dx) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    const float squares = 0.07135481627f * x[i] * x[i];
    const float sigma = 1 / (1 + Exp(-x[i] * (1.5957691216057308f + squares)));
    dx[i] = dy[i] * (sigma + x[i] * sigma * (1 - sigma) * (1.5957691216057308f + 3 * squares));
  }
}

/** Of y = (x - mean) / scale: writes dx, and gives the derivative of the scale. */
VECTORIZED float NormalizeGradRow(const float* dy, const float* x, int64_t n, float scale, float* dx) {
  float slopes = 0, sum = 0;
#pragma omp simd reduction(+ : slopes, sum)
  for (int64_t i = 0; i < n; i++) {
    slopes += dy[i];
    sum += x[i];
  }
  const float mean = sum / n, slope = slopes / n, inverse = 1 / scale;
  float along = 0;
#pragma omp simd reduction(+ : along)
  for (int64_t i = 0; i < n; i++) {
    along += dy[i] * (x[i] - mean);
    dx[i] = (dy[i] - slope) * inverse;
  }
  return -along * inverse * inverse;
}

/** Of scale = sqrt(variance + epsilon). */
VECTORIZED void DeviationGradRow(float dscale, const float* x, int64_t n, float epsilon, float* dx) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < n; i++) sum += x[i];
  const float mean = sum / n;
  float squares = 0;  // of what is left, so that nothing cancels
#pragma omp simd reduction(+ : squares)
  for (int64_t i = 0; i < n; i++) squares += (x[i] - mean) * (x[i] - mean);
  const float slope = dscale / (std::sqrt(squares / n + epsilon) * n);
#pragma omp simd
  for (int64_t i = 0; i < n; i++) dx[i] = (x[i] - mean) * slope;
}

/** Gives what is left of each channel's slope to the first of `cells` that is the largest, and leaves nothing of it. */
VECTORIZED void GiveToLargest(const float* x, const float* largest, int64_t n, int64_t cells, float* rest, float* dx) {
  for (int64_t cell = 0; cell < cells; cell++) {
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
      const bool is_largest = x[cell * n + i] == largest[i];
      dx[cell * n + i] += is_largest ? rest[i] : 0.f;
      rest[i] = is_largest ? 0.f : rest[i];
    }
  }
}

}  // namespace hookdict
