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

/** The first `wide` columns of y [rows, n] += columns `from` to `to` of x [rows, in] times these rows of weight [in, n]. */
inline void AddProduct(const float* x, const float* weight, int64_t rows, int64_t in, int64_t n, int64_t wide, int64_t from,
                       int64_t to, float* y) {
  for (int64_t first = 0, count; first < rows; first += count) {
    count = std::min(kMostRows, rows - first);
    const Tiling tiling = TilingOf(count);
    for (int64_t k = from; k < to; k += tiling.depth) {
      for (int64_t column = 0; column < wide; column += tiling.columns) {
        const int64_t width = std::min(tiling.columns, wide - column);
        const float *left = x + first * in + k, *block = weight + k * n + column;
        float* sums = y + first * n + column;
        if (k + tiling.depth <= to) AddTile(count, left, in, block, n, width, sums, n);
        else for (int64_t row = 0; row < count; row++) AddRowsTimes(left + row * in, to - k, block, n, width, sums + row * n);
      }
    }
  }
}

/** Numbers of one column of x, for each of kMostRows rows; 0 where there are fewer. */
typedef float Column __attribute__((vector_size(kMostRows * sizeof(float)), aligned(sizeof(float)), may_alias));

constexpr int kSideBySide = 12;  // rows of a matrix, with a sum for each row of x

/** x [rows, columns] as columns: to [columns, kMostRows]. */
inline void AsColumns(const float* x, int64_t rows, int64_t columns, float* to) {
  std::memset(to, 0, columns * kMostRows * sizeof(float));
  for (int64_t row = 0; row < rows; row++)
    for (int64_t i = 0; i < columns; i++) to[i * kMostRows + row] = x[row * columns + i];
}

/** y[row, j], rows `yStep` apart, = the row of x, given as columns, . row j of `matrix`, `columns` long, for j < kCount. */
template <int kCount>
inline __attribute__((always_inline)) void ProductsOf(const float* x, const float* matrix, int64_t columns, int64_t rows,
                                                      float* y, int64_t yStep) {
  Column sums[kCount] = {};
  constexpr int64_t kLine = 16;
  for (int64_t first = 0; first < columns; first += kLine) {
    const int64_t end = first + kLine < columns ? first + kLine : columns;
    UNROLL for (int j = 0; j < kCount; j++) __builtin_prefetch(matrix + (j + kCount) * columns + first);  // of the next rows
    for (int64_t i = first; i < end; i++) {
      const Column each = *reinterpret_cast<const Column*>(x + i * kMostRows);
      UNROLL for (int j = 0; j < kCount; j++) sums[j] += matrix[j * columns + i] * each;
    }
  }
  UNROLL for (int j = 0; j < kCount; j++)
    for (int64_t row = 0; row < rows; row++) y[row * yStep + j] = sums[j][row];
}

/** The same for `count` rows of the matrix: kSideBySide, or fewer at its end. */
VECTORIZED void ColumnProducts(const float* x, const float* matrix, int64_t columns, int64_t rows, int64_t count, float* y,
                               int64_t yStep) {
  if (count == kSideBySide) return ProductsOf<kSideBySide>(x, matrix, columns, rows, y, yStep);
  for (int64_t j = 0; j < count; j++) ProductsOf<1>(x, matrix + j * columns, columns, rows, y + j, yStep);
}

}  // namespace hookdict
