// Tiles of products of few rows: a number of the matrix is in a register while all rows of x use it.
#pragma once

#include <cstdint>
#include <cstring>

#include "rows.h"

namespace hookdict {

#if defined(__x86_64__)
constexpr int kLanes = 16;
#else
constexpr int kLanes = 4;
#endif
/** So many neighbours at once; compilers take several registers where theirs are smaller. */
typedef float Lanes __attribute__((vector_size(kLanes * sizeof(float)), aligned(sizeof(float)), may_alias));

constexpr int64_t kMostRows = 8;  // of x, in one tile

#define UNROLL _Pragma("GCC unroll 16")

/** y [kRows, columns], `yStep` apart, += x [kRows, kDepth], `xStep` apart, times kDepth rows of a matrix, `step` apart. */
template <int kRows, int kDepth, bool kAhead>
inline __attribute__((always_inline)) void AddTileOf(const float* x, int64_t xStep, const float* rows, int64_t step,
                                                     int64_t columns, float* y, int64_t yStep) {
  int64_t i = 0;
  for (; i + kLanes <= columns; i += kLanes) {
    Lanes a[kDepth];
    UNROLL for (int k = 0; k < kDepth; k++) {
      a[k] = *reinterpret_cast<const Lanes*>(rows + k * step + i);
      if (kAhead) __builtin_prefetch(rows + (k + kDepth) * step + i);  // of the next tile
    }
    UNROLL for (int row = 0; row < kRows; row++) {
      Lanes& to = *reinterpret_cast<Lanes*>(y + row * yStep + i);
      Lanes sum = to;
      UNROLL for (int k = 0; k < kDepth; k++) sum += x[row * xStep + k] * a[k];
      to = sum;
    }
  }
  for (; i < columns; i++)
    for (int row = 0; row < kRows; row++)
      for (int k = 0; k < kDepth; k++) y[row * yStep + i] += x[row * xStep + k] * rows[k * step + i];
}

/** How a product is cut into tiles. Sums are the same whatever it is: each adds one row of the matrix after the other. */
struct Tiling {
  int64_t depth;    // rows of the matrix
  int64_t columns;  // what of them stays in the nearest cache, with y's
};

/** One row waits for memory alone, and for less of it with more of the matrix's rows in turn. Many compute meanwhile. */
inline Tiling TilingOf(int64_t rows) { return rows <= 2 ? Tiling{16, 1024} : Tiling{8, 512}; }

/** A tile of up to kMostRows rows of x, as deep as their tiling says. */
VECTORIZED void AddTile(int64_t count, const float* x, int64_t xStep, const float* rows, int64_t step, int64_t columns,
                        float* y, int64_t yStep) {
  switch (count) {
    case 1: return AddTileOf<1, 16, false>(x, xStep, rows, step, columns, y, yStep);
    case 2: return AddTileOf<2, 16, false>(x, xStep, rows, step, columns, y, yStep);
    case 3: return AddTileOf<3, 8, true>(x, xStep, rows, step, columns, y, yStep);
    case 4: return AddTileOf<4, 8, true>(x, xStep, rows, step, columns, y, yStep);
    case 5: return AddTileOf<5, 8, true>(x, xStep, rows, step, columns, y, yStep);
    case 6: return AddTileOf<6, 8, true>(x, xStep, rows, step, columns, y, yStep);
    case 7: return AddTileOf<7, 8, true>(x, xStep, rows, step, columns, y, yStep);
    case 8: return AddTileOf<8, 8, true>(x, xStep, rows, step, columns, y, yStep);
  }
}

/** y [rows, n] += columns `from` to `to` of x [rows, in] times these rows of weight [in, n]. */
inline void AddProduct(const float* x, const float* weight, int64_t rows, int64_t in, int64_t n, int64_t from, int64_t to,
                       float* y) {
  for (int64_t first = 0, count; first < rows; first += count) {
    count = std::min(kMostRows, rows - first);
    const Tiling tiling = TilingOf(count);
    for (int64_t k = from; k < to; k += tiling.depth) {
      for (int64_t column = 0; column < n; column += tiling.columns) {
        const int64_t width = std::min(tiling.columns, n - column);
        const float *left = x + first * in + k, *block = weight + k * n + column;
        float* sums = y + first * n + column;
        if (k + tiling.depth <= to) AddTile(count, left, in, block, n, width, sums, n);
        else for (int64_t row = 0; row < count; row++) AddRowsTimes(left + row * in, to - k, block, n, width, sums + row * n);
      }
    }
  }
}

inline __attribute__((always_inline)) float SumOf(const Lanes& lanes) {
  float each[kLanes];
  std::memcpy(each, &lanes, sizeof each);
  for (int half = kLanes / 2; half > 0; half /= 2)
    for (int i = 0; i < half; i++) each[i] += each[i + half];
  return each[0];
}

/** Four rows of x times four `rows`, each `columns` long, into y: its rows are `yStep` apart. */
template <bool kAhead>
inline __attribute__((always_inline)) void FourByFourOf(const float* x, const float* rows, int64_t columns, float* y,
                                                        int64_t yStep) {
  Lanes sums[4][4] = {};
  int64_t i = 0;
  for (; i + kLanes <= columns; i += kLanes) {
    Lanes a[4];
    UNROLL for (int j = 0; j < 4; j++) {
      a[j] = *reinterpret_cast<const Lanes*>(rows + j * columns + i);
      if (kAhead) __builtin_prefetch(rows + (j + 4) * columns + i);  // of the next four
    }
    UNROLL for (int row = 0; row < 4; row++) {
      const Lanes each = *reinterpret_cast<const Lanes*>(x + row * columns + i);
      UNROLL for (int j = 0; j < 4; j++) sums[row][j] += each * a[j];
    }
  }
  UNROLL for (int row = 0; row < 4; row++) {
    UNROLL for (int j = 0; j < 4; j++) {
      float sum = SumOf(sums[row][j]);
      for (int64_t rest = i; rest < columns; rest++) sum += x[row * columns + rest] * rows[j * columns + rest];
      y[row * yStep + j] = sum;
    }
  }
}

/** @param isFirst Whether nothing has read these rows yet. */
VECTORIZED void FourByFourProducts(bool isFirst, const float* x, const float* rows, int64_t columns, float* y, int64_t yStep) {
  if (isFirst) FourByFourOf<true>(x, rows, columns, y, yStep);
  else FourByFourOf<false>(x, rows, columns, y, yStep);
}

}  // namespace hookdict
